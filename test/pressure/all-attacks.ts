import type { Attack } from './attack.ts'
import { feedFilters } from './attacks/feed-filters.ts'

/** Every attack, in the order in which they are carried out. */
export const ATTACKS: readonly Attack[] = [feedFilters]

/** Returns the attack of a name. */
export function findAttack(name: string): Attack {
  const attack = ATTACKS.find((each) => each.name === name)
  if (attack === undefined) throw new Error(`there is no attack ${name}`)
  return attack
}
