// Work that one client can cause: it must not block the event loop for long.
import { ATTACK_GROUPS } from './all-attacks.ts'
import { testAttacks } from './test-attacks.ts'

testAttacks(ATTACK_GROUPS.work)
