// Failures of resources that a registry depends on: open files, the log, the database, the file.
import { ATTACK_GROUPS } from './all-attacks.ts'
import { testAttacks } from './test-attacks.ts'

testAttacks(ATTACK_GROUPS.failures)
