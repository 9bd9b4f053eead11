import type { Agent } from '@rollcall/client'
import type { Whoami } from '@rollcall/protocol'

/** What the user may do to an agent. The registry decides again about each request. */
export interface Permissions {
  /** Put it into maintenance, and end that. */
  readonly canDrain: boolean
  readonly canDeregister: boolean
}

/** @param whoami undefined: not known yet, or not available; then nothing is offered */
export function permissionsFor(
  whoami: Whoami | undefined,
  { agentId, owner }: Pick<Agent, 'agentId' | 'owner'>,
): Permissions {
  if (whoami?.scope === 'admin') return { canDrain: true, canDeregister: true }
  const isCovered = whoami?.agents.some((pattern) => covers(pattern, agentId)) ?? false
  const isOwn = owner === null || owner === whoami?.name
  return { canDrain: false, canDeregister: whoami?.scope === 'agent' && isCovered && isOwn }
}

function covers(pattern: string, agentId: string): boolean {
  return pattern.endsWith('*') ? agentId.startsWith(pattern.slice(0, -1)) : pattern === agentId
}
