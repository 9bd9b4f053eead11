/** State of an agent as a ledger records it: a number, such as its port, or absent. */
export type RecordedState = number | 'absent'

/**
 * Records changes sent to a registry that may fail at any moment. An acknowledged change must be
 * there afterwards, a rejected one must not, and one without a response may be either.
 */
export class AcknowledgedLedger {
  readonly #possible = new Map<string, ReadonlySet<RecordedState>>()
  #acknowledged = { registrations: 0, deregistrations: 0 }

  get acknowledged(): { readonly registrations: number; readonly deregistrations: number } {
    return { ...this.#acknowledged }
  }

  /** Number of changes sent that got no response. */
  get inFlight(): number {
    return this.#possible.values().reduce((sum, { size }) => sum + (size > 1 ? 1 : 0), 0)
  }

  /**
   * Records that a change is sent; call `acknowledged` or `rejected` on the result when its response
   * arrives.
   */
  send(agentId: string, becomes: RecordedState): { acknowledged(): void; rejected(): void } {
    const before = this.#possible.get(agentId) ?? new Set(['absent'])
    this.#possible.set(agentId, new Set([...before, becomes]))
    return {
      acknowledged: () => {
        this.#possible.set(agentId, new Set([becomes]))
        this.#acknowledged[becomes === 'absent' ? 'deregistrations' : 'registrations']++
      },
      rejected: () => {
        this.#possible.set(agentId, before)
      },
    }
  }

  /**
   * Compares the state of a registry with the recorded changes, and settles those in flight.
   *
   * @param held recorded state by agent id
   * @returns a description of every violation; empty if there is none
   */
  settle(held: ReadonlyMap<string, number>): string[] {
    const violations: string[] = []
    for (const [agentId, possible] of this.#possible) {
      const found = held.get(agentId) ?? 'absent'
      if (!possible.has(found)) {
        violations.push(`${agentId} is ${found}, should be ${[...possible].join(' or ')}`)
      }
      this.#possible.set(agentId, new Set([found]))
    }
    for (const agentId of held.keys()) {
      if (!this.#possible.has(agentId)) violations.push(`${agentId} was never registered`)
    }
    return violations
  }
}
