import { V01 } from './v01.ts'
import { V02 } from './v02.ts'
import { V03 } from './v03.ts'
import { V04 } from './v04.ts'
import { V05 } from './v05.ts'
import { V06 } from './v06.ts'
import { V07 } from './v07.ts'

/**
 * The schema as numbered migrations, from 1. Each runs once, in the transaction that also records its
 * number. A released migration never changes: the next schema change is a new file.
 */
export const MIGRATIONS: readonly string[] = [V01, V02, V03, V04, V05, V06, V07]
