import type { Caller } from '../../domain/caller.ts'
import type { Heartbeat } from '../../domain/heartbeat.ts'

// The rules of callers in the model. They share no code with the stores.

/** To whom a new agent belongs. */
export function naiveOwnerOf(caller: Caller | undefined): string | null {
  return caller === undefined || caller.kind === 'anonymous' ? null : caller.name
}

/** How the history names who asked for a change. */
export function naiveActorOf(caller: Caller | undefined): string | null {
  if (caller?.kind === 'anonymous') return `anonymous (${caller.address})`
  return caller?.name ?? null
}

/** Whether a caller may change an agent. */
export function naivelyMayChange(
  { owner }: { readonly owner: string | null },
  caller: Caller | undefined,
): boolean {
  const isAdmin = caller === undefined || caller.scope === 'admin'
  return isAdmin || owner === null || owner === caller.name
}

/** Who sends a heartbeat: several of one sender in a batch count as one. */
export function naiveSenderOf({ agentId, instanceId = '', caller }: Heartbeat): string {
  return `${agentId} ${instanceId} ${naiveOwnerOf(caller)} ${caller?.scope}`
}
