/** What an agent may be after a change: `port status`, or `absent`. */
export type AgentState = string

/** Of an agent that is gone, or was never there. */
export const ABSENT: AgentState = 'absent'

/** A change of an agent, and whether it surely happened. */
interface Change {
  readonly becomes: AgentState
  isAcknowledged: boolean
}

/**
 * The promises of a registry to those who change agents. A change that was acknowledged has happened
 * exactly once, in its place among the others of its agent; one that was never answered has happened
 * once or not at all.
 */
export class AcknowledgedLedger {
  readonly #lives = new Map<string, Change[]>()

  /** How many changes were acknowledged, and how many have an unknown outcome. */
  get figures(): { readonly acknowledged: number; readonly unknown: number } {
    const all = [...this.#lives.values()].flat()
    const acknowledged = all.filter(({ isAcknowledged }) => isAcknowledged).length
    return { acknowledged, unknown: all.length - acknowledged }
  }

  /** Notes that a change is sent; say of the result when it is acknowledged. */
  send(agentId: string, becomes: AgentState): { acknowledged(): void } {
    const change: Change = { becomes, isAcknowledged: false }
    const life = this.#lives.get(agentId)
    if (life === undefined) this.#lives.set(agentId, [change])
    else life.push(change)
    return {
      acknowledged: () => {
        change.isAcknowledged = true
      },
    }
  }

  /**
   * Holds histories against what was promised.
   *
   * @param histories the states that each agent has gone through, by id
   * @returns every broken promise in words; none is what it should be
   */
  brokenBy(histories: ReadonlyMap<string, readonly AgentState[]>): string[] {
    const broken = [...this.#lives].flatMap(([agentId, life]) => {
      const history = histories.get(agentId) ?? []
      if (isLifeOf(life, history)) return []
      const promised = life.map(({ becomes, isAcknowledged }) =>
        isAcknowledged ? becomes : `(${becomes})`,
      )
      return [`${agentId} was ${history.join(', ')}; should be ${promised.join(', ')}`]
    })
    for (const agentId of histories.keys()) {
      if (!this.#lives.has(agentId)) broken.push(`${agentId} was never sent`)
    }
    return broken
  }
}

/** Whether a history has every acknowledged change, those of unknown outcome or not, and no more. */
function isLifeOf(life: readonly Change[], history: readonly AgentState[]): boolean {
  // How much of the history may be accounted for by the changes so far.
  let reached = new Set([0])
  for (const { becomes, isAcknowledged } of life) {
    const next = new Set(isAcknowledged ? [] : reached)
    for (const at of reached) if (history[at] === becomes) next.add(at + 1)
    reached = next
  }
  return reached.has(history.length)
}
