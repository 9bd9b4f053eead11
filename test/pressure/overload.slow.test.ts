// More work than a registry can do: it must give way, so that heartbeats are served.
import { ATTACK_GROUPS } from './all-attacks.ts'
import { overload } from './attacks/overload.ts'
import { testAttacks } from './test-attacks.ts'

testAttacks([overload], 'small')
testAttacks(ATTACK_GROUPS.overload.filter((attack) => attack !== overload))
