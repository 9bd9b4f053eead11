/** What a registry may hold of an agent: the port it registered with, or nothing. */
export type Holding = number | 'absent'

/**
 * The promises of a registry that may fail at any moment. A change that was acknowledged must be
 * there afterwards, one that was refused must not, and one that was never answered may be either.
 */
export class AcknowledgedLedger {
  readonly #possible = new Map<string, ReadonlySet<Holding>>()
  #acknowledged = { registrations: 0, deregistrations: 0 }

  get acknowledged(): { readonly registrations: number; readonly deregistrations: number } {
    return { ...this.#acknowledged }
  }

  /** Changes that were sent and never answered. */
  get underWay(): number {
    return this.#possible.values().reduce((sum, { size }) => sum + (size > 1 ? 1 : 0), 0)
  }

  /** Notes that a change is sent; say of the result how it was answered, if it was. */
  send(agentId: string, becomes: Holding): { acknowledged(): void; refused(): void } {
    const before = this.#possible.get(agentId) ?? new Set(['absent'])
    this.#possible.set(agentId, new Set([...before, becomes]))
    return {
      acknowledged: () => {
        this.#possible.set(agentId, new Set([becomes]))
        this.#acknowledged[becomes === 'absent' ? 'deregistrations' : 'registrations']++
      },
      refused: () => {
        this.#possible.set(agentId, before)
      },
    }
  }

  /**
   * Holds what a registry has against what it promised; what was open until now is then settled.
   *
   * @param held ports by agent id
   * @returns every broken promise in words; none is what it should be
   */
  settle(held: ReadonlyMap<string, number>): string[] {
    const broken: string[] = []
    for (const [agentId, possible] of this.#possible) {
      const found = held.get(agentId) ?? 'absent'
      if (!possible.has(found)) {
        broken.push(`${agentId} is ${found}, should be ${[...possible].join(' or ')}`)
      }
      this.#possible.set(agentId, new Set([found]))
    }
    for (const agentId of held.keys()) {
      if (!this.#possible.has(agentId)) broken.push(`${agentId} was never registered`)
    }
    return broken
  }
}
