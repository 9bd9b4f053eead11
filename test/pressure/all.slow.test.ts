// Everything that clients can do, at the same time.
import { ATTACK_GROUPS } from './all-attacks.ts'
import { testAttacks } from './test-attacks.ts'

testAttacks(ATTACK_GROUPS.all)
