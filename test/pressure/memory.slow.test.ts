// What piles up when clients do not read, do not finish, or do too much of the same.
import { ATTACK_GROUPS } from './all-attacks.ts'
import { testAttacks } from './test-attacks.ts'

testAttacks(ATTACK_GROUPS.memory)
