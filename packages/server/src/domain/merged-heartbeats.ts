import type { HeartbeatsOutcome } from './agent-registry-repository.ts'
import { isOwnedByOther, ownerOf } from './caller.ts'
import { isSuperseded, Refusal } from './change-condition.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Lease } from './lease.ts'

/**
 * Merges several heartbeats of one agent in a batch into one, in the position of the last, with the
 * values reported last. The state between two of them is not visible, so a batch creates at most one
 * transition per agent, however often the agent occurs. Those of different instances or callers are not merged.
 */
export function mergeHeartbeats(heartbeats: readonly Heartbeat[]): Heartbeat[] {
  const merged = new Map<string, Heartbeat>()
  for (const heartbeat of heartbeats) {
    const key = keyOf(heartbeat)
    const earlier = merged.get(key)
    merged.delete(key)
    merged.set(key, {
      ...heartbeat,
      status: heartbeat.status ?? earlier?.status,
      load: heartbeat.load ?? earlier?.load,
    })
  }
  return [...merged.values()]
}

/** Collects what happened to the heartbeats of a batch. */
export class BatchOutcome {
  readonly unknown: string[] = []
  readonly superseded: string[] = []
  readonly owned: string[] = []
  readonly #size: number

  /** @param size number of heartbeats in the batch */
  constructor(size: number) {
    this.#size = size
  }

  /**
   * Adds the outcomes of heartbeats that caused transitions.
   *
   * @param merged the same heartbeats after {@link mergeHeartbeats}
   * @param outcomes the agent after each of `merged`
   */
  add(
    heartbeats: readonly Heartbeat[],
    merged: readonly Heartbeat[],
    outcomes: readonly (Lease | Refusal | undefined)[],
  ): void {
    const byKey = new Map(merged.map((heartbeat, index) => [keyOf(heartbeat), outcomes[index]]))
    for (const heartbeat of heartbeats) {
      const outcome = byKey.get(keyOf(heartbeat))
      if (outcome === undefined) this.unknown.push(heartbeat.agentId)
      else if (isOwned(outcome, heartbeat)) this.owned.push(heartbeat.agentId)
      else if (outcome instanceof Refusal || isSuperseded(outcome, heartbeat)) {
        this.superseded.push(heartbeat.agentId)
      }
    }
  }

  /** Returns the outcome of the whole batch. */
  result(): HeartbeatsOutcome {
    const { unknown, superseded, owned } = this
    return {
      ok: this.#size - unknown.length - superseded.length - owned.length,
      unknown,
      ...(superseded.length > 0 && { superseded }),
      ...(owned.length > 0 && { owned }),
    }
  }
}

function isOwned(outcome: Lease | Refusal, { caller }: Heartbeat): boolean {
  if (outcome instanceof Refusal) return outcome.error.code === 'AGENT_OWNED'
  return isOwnedByOther(outcome, caller)
}

/** No id, and no name of a principal, contains a space. */
function keyOf({ agentId, instanceId = '', caller }: Heartbeat): string {
  return `${agentId} ${instanceId} ${ownerOf(caller) ?? ''} ${caller?.scope}`
}
