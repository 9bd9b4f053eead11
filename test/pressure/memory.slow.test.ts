// Memory that accumulates when clients do not read, do not finish, or repeat requests.
import { ATTACK_GROUPS } from './all-attacks.ts'
import { testAttacks } from './test-attacks.ts'

testAttacks(ATTACK_GROUPS.memory)
