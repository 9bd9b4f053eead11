// Slow reads, and clients that do not wait for them.
import { ATTACK_GROUPS } from './all-attacks.ts'
import { testAttacks } from './test-attacks.ts'

testAttacks(ATTACK_GROUPS.queries)
