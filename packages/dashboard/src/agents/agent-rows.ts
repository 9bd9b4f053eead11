import type { Agent, AgentEvent } from '@rollcall/client'
import type { AgentSort } from '@rollcall/protocol'

/** An agent in the list. */
export interface AgentRow {
  readonly agent: Agent
  /** It is not listed any more, and shown for a moment so that nobody wonders where it went. */
  readonly isLeaving: boolean
}

/**
 * The part of a list that the page has read, kept current by the change feed. Only what is on these pages is known:
 * further agents come with further pages.
 */
export class AgentRows {
  readonly #sort: AgentSort
  #rows: AgentRow[] = []
  #ids = new Set<string>()
  #isComplete = false
  #isOutdated = false

  constructor(sort: AgentSort) {
    this.#sort = sort
  }

  get rows(): readonly AgentRow[] {
    return this.#rows
  }

  /** Whether the last page has been read. */
  get isComplete(): boolean {
    return this.#isComplete
  }

  /** Whether agents have come that belong somewhere among the rows, but only the registry knows where. */
  get isOutdated(): boolean {
    return this.#isOutdated
  }

  /** Adds the next page. */
  append(agents: readonly Agent[], { isLast }: { isLast: boolean }): void {
    const others = agents.filter(({ agentId }) => !this.#ids.has(agentId))
    this.#set([...this.#rows, ...others.map((agent) => ({ agent, isLeaving: false }))])
    this.#isComplete = isLast
  }

  /** Applies a change. Events from before the rows were read change nothing. */
  apply({ agentId, agent, listed }: Pick<AgentEvent, 'agentId' | 'agent' | 'listed'>): void {
    if (!this.#ids.has(agentId)) {
      if (listed) this.#insert(agent)
      return
    }
    this.#replace(agentId, (row) =>
      agent.revision < row.agent.revision ? row : { agent, isLeaving: !listed },
    )
  }

  /** Takes over what changes without an event: heartbeats and loads. */
  refresh(agents: readonly Agent[]): void {
    const byId = new Map(agents.map((agent) => [agent.agentId, agent]))
    this.#rows = this.#rows.map((row) => {
      const agent = byId.get(row.agent.agentId)
      if (agent === undefined || agent.revision < row.agent.revision) return row
      return { ...row, agent }
    })
  }

  /** Takes over the agents that are not listed any more, and shown for a moment, to the places that they had. */
  keepLeaving(before: AgentRows): void {
    const rows = [...this.#rows]
    for (const [index, row] of before.rows.entries()) {
      if (row.isLeaving && !this.#ids.has(row.agent.agentId)) rows.splice(index, 0, row)
    }
    this.#set(rows)
  }

  /** Removes the agents that are not listed any more. Returns whether there were any. */
  removeLeft(agentIds: ReadonlySet<string>): boolean {
    const kept = this.#rows.filter((row) => !(row.isLeaving && agentIds.has(row.agent.agentId)))
    const hasRemoved = kept.length < this.#rows.length
    if (hasRemoved) this.#set(kept)
    return hasRemoved
  }

  #insert(agent: Agent): void {
    const row = { agent, isLeaving: false }
    if (this.#sort !== 'agent_id') {
      this.#isOutdated = true
      return
    }
    const at = this.#rows.findIndex((other) => other.agent.agentId > agent.agentId)
    if (at !== -1) this.#set(this.#rows.toSpliced(at, 0, row))
    // Behind the last page that was read, it will come with the next one.
    else if (this.#isComplete) this.#set([...this.#rows, row])
  }

  #replace(agentId: string, change: (row: AgentRow) => AgentRow): void {
    this.#rows = this.#rows.map((row) => (row.agent.agentId === agentId ? change(row) : row))
  }

  #set(rows: AgentRow[]): void {
    this.#rows = rows
    this.#ids = new Set(rows.map(({ agent }) => agent.agentId))
  }
}
