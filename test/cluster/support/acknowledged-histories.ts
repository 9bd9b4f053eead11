/** State of an agent after a change: `port status`, or `absent`. */
export type AgentState = string

/** State of an agent that was removed or never registered. */
export const ABSENT: AgentState = 'absent'

/** A change of an agent, and whether it certainly happened. */
interface Change {
  readonly becomes: AgentState
  isAcknowledged: boolean
}

/**
 * Records the changes that a client sent and which of them were acknowledged. An acknowledged
 * change must have happened exactly once, in its place among the changes of its agent; a change
 * without a response must have happened once or not at all.
 */
export class AcknowledgedHistories {
  readonly #changes = new Map<string, Change[]>()

  /** Number of acknowledged changes, and of changes with an unknown outcome. */
  get figures(): { readonly acknowledged: number; readonly unknown: number } {
    const all = [...this.#changes.values()].flat()
    const acknowledged = all.filter(({ isAcknowledged }) => isAcknowledged).length
    return { acknowledged, unknown: all.length - acknowledged }
  }

  /** Records that a change is sent; call `acknowledged` on the result when it is. */
  send(agentId: string, becomes: AgentState): { acknowledged(): void } {
    const change: Change = { becomes, isAcknowledged: false }
    const changes = this.#changes.get(agentId)
    if (changes === undefined) this.#changes.set(agentId, [change])
    else changes.push(change)
    return {
      acknowledged: () => {
        change.isAcknowledged = true
      },
    }
  }

  /**
   * Compares histories with the recorded changes.
   *
   * @param histories states that each agent went through, by id
   * @returns a description of every violation; empty if there is none
   */
  violations(histories: ReadonlyMap<string, readonly AgentState[]>): string[] {
    const violations = [...this.#changes].flatMap(([agentId, changes]) => {
      const history = histories.get(agentId) ?? []
      if (explains(changes, history)) return []
      const expected = changes.map(({ becomes, isAcknowledged }) =>
        isAcknowledged ? becomes : `(${becomes})`,
      )
      return [`${agentId} was ${history.join(', ')}; should be ${expected.join(', ')}`]
    })
    for (const agentId of histories.keys()) {
      if (!this.#changes.has(agentId)) violations.push(`${agentId} was never sent`)
    }
    return violations
  }
}

/**
 * Whether a history contains every acknowledged change, any of those with unknown outcome, and no
 * more.
 */
function explains(changes: readonly Change[], history: readonly AgentState[]): boolean {
  // Lengths of the prefix of the history that the changes so far can account for.
  let reached = new Set([0])
  for (const { becomes, isAcknowledged } of changes) {
    const next = new Set(isAcknowledged ? [] : reached)
    for (const at of reached) if (history[at] === becomes) next.add(at + 1)
    reached = next
  }
  return reached.has(history.length)
}
