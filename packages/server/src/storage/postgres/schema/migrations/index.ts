import { V01 } from './v01.ts'
import { V02 } from './v02.ts'
import { V03 } from './v03.ts'
import { V04 } from './v04.ts'
import { V05 } from './v05.ts'
import { V06 } from './v06.ts'
import { V07 } from './v07.ts'
import { V08 } from './v08.ts'
import { V09 } from './v09.ts'

/**
 * The schema as numbered migrations, from 1. Each runs once, in the transaction that also writes its
 * number. A released migration never changes: the next change of the tables is the next file. Functions
 * are apart, in `functions/`: all of them are replaced when their version has grown.
 */
export const MIGRATIONS: readonly string[] = [V01, V02, V03, V04, V05, V06, V07, V08, V09]
