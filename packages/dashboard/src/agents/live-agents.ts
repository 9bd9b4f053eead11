import type { Agent, AgentEvent, DiscoveryClient } from '@rollcall/client'
import { ValueStore } from '../registry/value-store.ts'
import { type AgentRow, AgentRows } from './agent-rows.ts'
import { type ListQuery, toAgentQuery, toFilter } from './list-query.ts'

/** Agents of one page. */
const PAGE_SIZE = 100
/** Rows beyond which no further page is read: nobody scrolls that far, but searches. */
export const MAX_ROWS = 5000
/** Milliseconds for which an agent that has left the list is still shown. */
const LEAVING_MS = 4000
/** Milliseconds during which changes are collected before they are shown. */
const COLLECT_MS = 150
/** Milliseconds between two reads of a list whose order changes with heartbeats. */
const REORDER_MS = 5000
/** Milliseconds between two reads after a change that moves rows. */
const RELOAD_MS = 1000
/** Agents in one read by id. */
const MAX_IDS = 64

/** The list as it is shown. */
export interface LiveList {
  readonly rows: readonly AgentRow[]
  readonly isLoading: boolean
  readonly isComplete: boolean
  /** Why the registry refuses the query. */
  readonly error: unknown
}

/** A list of agents that stays current: pages on demand, changes from the feed, heartbeats of what is on the screen. */
export class LiveAgents {
  readonly list = new ValueStore<LiveList>({
    rows: [],
    isLoading: true,
    isComplete: false,
    error: undefined,
  })
  readonly #client: DiscoveryClient
  readonly #query: ListQuery
  readonly #signal: AbortSignal
  readonly #leaving = new Map<string, number>()
  #rows: AgentRows
  #pages: AsyncGenerator<Agent[], void> | undefined
  #events: AgentEvent[] = []
  #isLoading = false
  #lastLoadMs = 0

  /** Follows the list until the signal is aborted. */
  constructor(client: DiscoveryClient, query: ListQuery, signal: AbortSignal) {
    this.#client = client
    this.#query = query
    this.#signal = signal
    this.#rows = new AgentRows(query.sort)
    const timer = setInterval(() => this.#tick(), COLLECT_MS)
    signal.addEventListener('abort', () => clearInterval(timer))
    void this.#follow()
  }

  /** Reads the next page, unless there is none, or one is being read. */
  async loadMore(): Promise<void> {
    if (this.#rows.isComplete || this.#rows.rows.length >= MAX_ROWS) return
    await this.#loading(async () => this.#appendPage(this.#rows, this.#pages))
  }

  /** Reads again what changes without an event. */
  async refresh(agentIds: readonly string[]): Promise<void> {
    if (agentIds.length === 0) return
    const query = { agentId: agentIds.slice(0, MAX_IDS), includeDead: true }
    const agents = await this.#client.list(query, { signal: this.#signal }).catch(() => [])
    if (this.#signal.aborted) return
    this.#rows.refresh(agents)
    this.#publish()
  }

  async #follow(): Promise<void> {
    const options = { signal: this.#signal, snapshot: false }
    try {
      for await (const event of this.#client.watch(toFilter(this.#query), options)) {
        // What the rows were before the interruption is unknown.
        if (event.type === 'reset') this.#lastLoadMs = 0
        else if (event.type === 'synced' && this.#lastLoadMs === 0) await this.#reload()
        else if ('agentId' in event) this.#events.push(event)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Reads as many rows as there were. */
  async #reload(): Promise<void> {
    await this.#loading(async () => {
      const wanted = this.#rows.rows.length
      const pages = this.#client.pages(
        { ...toAgentQuery(this.#query), limit: PAGE_SIZE },
        { signal: this.#signal },
      )
      const rows = new AgentRows(this.#query.sort)
      do await this.#appendPage(rows, pages)
      while (!rows.isComplete && rows.rows.length < wanted)
      this.#rows = rows
      this.#pages = pages
      this.#leaving.clear()
      this.#lastLoadMs = performance.now()
    })
  }

  async #appendPage(
    rows: AgentRows,
    pages: AsyncGenerator<Agent[], void> | undefined,
  ): Promise<void> {
    const { value, done = false } = (await pages?.next()) ?? {}
    const agents = value ?? []
    rows.append(agents, { isLast: done || agents.length < PAGE_SIZE })
  }

  async #loading(load: () => Promise<void>): Promise<void> {
    if (this.#isLoading) return
    this.#isLoading = true
    try {
      await load()
      this.#publish({ error: undefined })
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isLoading = false
    }
  }

  /** Applies what has been collected. */
  #tick(): void {
    // Pages that are being read may be older than the events.
    if (this.#isLoading) return
    const nowMs = performance.now()
    const events = this.#events
    this.#events = []
    for (const event of events) {
      this.#rows.apply(event)
      if (event.listed) this.#leaving.delete(event.agentId)
      else this.#leaving.set(event.agentId, nowMs + LEAVING_MS)
    }
    const left = [...this.#leaving].filter(([, atMs]) => atMs <= nowMs)
    const leftIds = new Set(left.map(([agentId]) => agentId))
    for (const agentId of leftIds) this.#leaving.delete(agentId)
    const hasRemoved = leftIds.size > 0 && this.#rows.removeLeft(leftIds)
    if (events.length > 0 || hasRemoved) this.#publish()
    if (this.#isDue(nowMs)) void this.#reload()
  }

  #isDue(nowMs: number): boolean {
    if (this.#lastLoadMs === 0 || this.#isLoading) return false
    const isReordered = /heartbeat|load/.test(this.#query.sort)
    const waitMs = this.#rows.isOutdated ? RELOAD_MS : REORDER_MS
    return (isReordered || this.#rows.isOutdated) && nowMs - this.#lastLoadMs >= waitMs
  }

  #publish(change: Partial<LiveList> = {}): void {
    const { rows, isComplete } = this.#rows
    // What there is before the first page says nothing.
    const isLoading = this.#lastLoadMs === 0
    this.list.set({ ...this.list.get(), rows, isComplete, isLoading, ...change })
  }

  #fail(error: unknown): void {
    if (!this.#signal.aborted) this.list.set({ ...this.list.get(), isLoading: false, error })
  }
}
