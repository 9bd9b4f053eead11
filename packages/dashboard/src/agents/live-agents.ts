import type { Agent, AgentEvent, DiscoveryClient } from '@rollcall/client'
import { ValueStore } from '../registry/value-store.ts'
import { type AgentRow, AgentRows } from './agent-rows.ts'
import { isMovedByHeartbeats, type ListQuery, toAgentQuery, toFilter } from './list-query.ts'

/** Agents of one page. */
const PAGE_SIZE = 100
/** Rows beyond which no further page is read: nobody scrolls that far, but searches. */
const MAX_ROWS = 5000
/** The same for a list that heartbeats reorder, which is read again and again as a whole. */
const MAX_MOVED_ROWS = 500
/** Milliseconds for which an agent that has left the list is still shown. */
const LEAVING_MS = 4000
/** Milliseconds during which changes are collected before they are shown. */
const COLLECT_MS = 150
/** Milliseconds between two reads after a change that moves rows, or a read that failed. */
const RELOAD_MS = 1000
/** Milliseconds for which the order stays once the user has moved over the rows: a click must not meet another row. */
const HOLD_MS = 3000
/** Agents in one read by id. */
const MAX_IDS = 64

/** The list as it is shown. */
export interface LiveList {
  readonly rows: readonly AgentRow[]
  readonly isLoading: boolean
  readonly isComplete: boolean
  /** Whether there are more agents, of which no further page is read. */
  readonly isFull: boolean
  /** Why the registry refuses the query. */
  readonly error: unknown
}

/** A list of agents that stays current: pages on demand, changes from the feed, heartbeats of what is on the screen. */
export class LiveAgents {
  readonly list = new ValueStore<LiveList>({
    rows: [],
    isLoading: true,
    isComplete: false,
    isFull: false,
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
  /** Whether the feed is open, so that no change is missed after a read. */
  #isFollowing = false
  /** Whether the rows are of the history that the feed continues. */
  #isLoaded = false
  /** Whether all rows must be read again. */
  #isStale = true
  /** Whether the page after the rows was asked for, and could not be read. */
  #isPageMissing = false
  #triedMs = Number.NEGATIVE_INFINITY
  #heldUntilMs = 0

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
    if (this.#rows.isComplete || this.#isFull || this.#isStale) return
    await this.#loading(async () => {
      this.#isPageMissing = true
      await this.#appendPage(this.#rows, this.#pages)
      this.#isPageMissing = false
    })
  }

  /** Keeps the order for a moment, as the user is about to open a row. */
  hold(): void {
    this.#heldUntilMs = performance.now() + HOLD_MS
  }

  /** Reads again what changes without an event: the order as well if it depends on that. */
  async refresh(agentIds: readonly string[]): Promise<void> {
    if (agentIds.length === 0 || !this.#isLoaded) return
    if (isMovedByHeartbeats(this.#query.sort) && !this.#isHeld(performance.now())) {
      await this.#reload()
      return
    }
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
        if (event.type === 'reset') {
          this.#isStale = true
          this.#isFollowing = this.#isLoaded = false
        } else if (event.type === 'synced') {
          this.#isFollowing = true
          if (this.#isStale) await this.#reload()
        } else if ('agentId' in event) this.#events.push(event)
      }
    } catch (error) {
      this.#fail(error)
    }
  }

  /** Reads as many rows as there were, and the page that is missing. */
  async #reload(): Promise<void> {
    await this.#loading(async () => {
      this.#isStale = false
      const wanted = this.#rows.rows.length + (this.#isPageMissing ? 1 : 0)
      const pages = this.#client.pages(
        { ...toAgentQuery(this.#query), limit: PAGE_SIZE },
        { signal: this.#signal },
      )
      const rows = new AgentRows(this.#query.sort)
      do await this.#appendPage(rows, pages)
      while (!rows.isComplete && rows.rows.length < wanted)
      rows.keepLeaving(this.#rows)
      this.#rows = rows
      this.#pages = pages
      this.#isLoaded = true
      this.#isPageMissing = false
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
    this.#triedMs = performance.now()
    try {
      await load()
      this.#publish({ error: undefined })
    } catch (error) {
      // Pages cannot be continued after a failure.
      this.#isStale = true
      // What was read stays, and the page says what is wrong with the registry.
      if (!this.#isLoaded) this.#fail(error)
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
    if (!this.#isFollowing || nowMs - this.#triedMs < RELOAD_MS) return false
    return this.#isStale || (this.#rows.isOutdated && !this.#isHeld(nowMs))
  }

  #isHeld(nowMs: number): boolean {
    return nowMs < this.#heldUntilMs
  }

  get #isFull(): boolean {
    const most = isMovedByHeartbeats(this.#query.sort) ? MAX_MOVED_ROWS : MAX_ROWS
    return this.#rows.rows.length >= most
  }

  #publish(change: Partial<LiveList> = {}): void {
    const { rows, isComplete } = this.#rows
    // What there is before the first page says nothing.
    const isLoading = !this.#isLoaded
    const isFull = this.#isFull && !isComplete
    this.list.set({ ...this.list.get(), rows, isComplete, isFull, isLoading, ...change })
  }

  #fail(error: unknown): void {
    if (!this.#signal.aborted) this.list.set({ ...this.list.get(), isLoading: false, error })
  }
}
