import type { AgentSort } from '@rollcall/protocol'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import type { Lease } from '../../../domain/lease.ts'
import { type AliveBy, toAgentRecord } from '../../../domain/lease-views.ts'
import { liveStatus } from '../../../domain/query/agent-filter.ts'
import type { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import { type ListPosition, positionOf } from '../../../domain/query/agent-query.ts'
import { StatusCounter, type StatusCounts } from '../../../domain/status-counts.ts'
import { type LeaseTime, later } from '../../../domain/time-scales.ts'
import { AgentIndex, type MarkedStatus } from '../indexes/agent-index.ts'
import type { Candidates } from '../indexes/posting-list.ts'
import type { LeaseClock } from '../lease-clock.ts'
import { LeaseCounter } from './lease-counts.ts'
import { LeaseDeadlines } from './lease-deadlines.ts'
import { OrderedLeases } from './ordered-leases.ts'
import { type CachedView, type LeaseBlock, TableLease } from './table-lease.ts'

/** Above this many agents, blocks do not cache their records: a full list would double memory. */
const CACHE_VIEWS_UP_TO = 65_536

/** All agents in memory: by id, in sorted order, by deadline, and by searchable terms. */
export class LeaseTable {
  readonly #clock: LeaseClock
  readonly #byId = new Map<string, TableLease>()
  readonly #ordered = new OrderedLeases({ isPrimary: true })
  readonly #index = new AgentIndex()
  readonly #deadlines: LeaseDeadlines
  readonly #suspects = new Set<TableLease>()
  readonly #counts = new LeaseCounter()
  readonly #expired = new Set<TableLease>()
  /** Taken from the wheel, expiry not committed yet. */
  readonly #lapsing = new Set<TableLease>()

  constructor(clock: LeaseClock) {
    this.#clock = clock
    this.#deadlines = new LeaseDeadlines(clock.now())
  }

  get size(): number {
    return this.#byId.size
  }

  /** Returns how many leases are running at `now`. */
  countAlive(now: LeaseTime): number {
    let lapsing = 0
    for (const lease of this.#lapsing) if (lease.deadline <= now) lapsing++
    return this.#byId.size - this.#expired.size - lapsing - this.#deadlines.countDue(now)
  }

  /** All leases, in no particular order, for what has to visit each. */
  get all(): Iterable<Lease> {
    return this.#byId.values()
  }

  /** Returns the number of agents in each status as readers see them at `now`. */
  countByStatus(now: LeaseTime): StatusCounts {
    const lapsed = new StatusCounter()
    let expired = this.#expired.size
    for (const lease of this.lapsed(now)) {
      lapsed.add(liveStatus(lease))
      expired++
    }
    return { ...this.#counts.statuses.minus(lapsed), expired }
  }

  /** Returns whether any lease has lapsed whose expiry is not committed yet. */
  lapsePending(now: LeaseTime): boolean {
    return this.#lapsing.size > 0 || this.#deadlines.countDue(now) > 0
  }

  /** Whether some agent is in maintenance. */
  get hasMaintenance(): boolean {
    return this.#counts.inMaintenance > 0
  }

  /** Returns the agents directly after an id, at most a block; none at the end. */
  following(agentId: string): readonly TableLease[] {
    const found = this.#ordered.after(agentId)
    return found ? found.block.leases.slice(found.from) : []
  }

  get(agentId: string): TableLease | undefined {
    return this.#byId.get(agentId)
  }

  /** Renews a running lease after a heartbeat. */
  renew(lease: TableLease, now: LeaseTime): void {
    lease.lastBeat = this.#clock.toBeat(now)
    lease.deadline = later(now, lease.profile.ttlSeconds * 1000)
    if (lease.block) lease.block.cachedView = undefined
  }

  /**
   * Stores the committed state of a lease, new or existing. Keeps a heartbeat that arrived while the
   * commit was in flight; its report is already in the committed state.
   */
  put(next: Lease): void {
    const lease = this.#byId.get(next.agentId)
    if (lease === undefined) {
      // A copy: callers that wait for the committed state must not see it change.
      this.insert(new TableLease(next))
      return
    }
    const { lastBeat } = lease
    // In lease time: in monotonic time, like `lastBeat`, a later stall would count against the lease.
    const beatAt = later(lease.deadline, -lease.profile.ttlSeconds * 1000)
    this.#counts.remove(lease)
    this.#untrack(lease)
    this.#index.update(lease, next, () => lease.assign(next))
    if (lastBeat > next.lastBeat) {
      lease.lastBeat = lastBeat
      if (!lease.expired) lease.deadline = later(beatAt, lease.profile.ttlSeconds * 1000)
    }
    if (lease.block) lease.block.cachedView = undefined
    this.#counts.add(lease)
    this.#track(lease)
  }

  /** Inserts a lease that is not in the table; the table takes ownership of it. */
  insert(lease: TableLease): void {
    this.#byId.set(lease.agentId, lease)
    this.#ordered.insert(lease)
    this.#index.add(lease)
    this.#counts.add(lease)
    this.#track(lease)
  }

  delete(agentId: string): void {
    const lease = this.#byId.get(agentId)
    if (lease === undefined) return
    this.#byId.delete(agentId)
    this.#counts.remove(lease)
    this.#ordered.remove(lease)
    this.#index.remove(lease)
    this.#untrack(lease)
    this.#lapsing.delete(lease)
    this.#expired.delete(lease)
  }

  /**
   * Takes the leases that are past their deadline. Each is returned once; {@link putBack} returns it to
   * the table if its expiry could not be written.
   *
   * @param options.isBraked see `LeaseDeadlines.takeDue`
   */
  takeLapsed(
    now: LeaseTime,
    limit: number,
    { isBraked = false } = {},
  ): { lapsed: TableLease[]; more: boolean } {
    const due = this.#deadlines.takeDue(now, limit, { isBraked })
    for (const lease of due.lapsed) this.#lapsing.add(lease)
    return due
  }

  /** Puts back a lease that {@link takeLapsed} returned and that has not expired. */
  putBack(lease: TableLease): void {
    if (this.#byId.get(lease.agentId) === lease) this.#track(lease)
  }

  /** Returns at most `limit` leases that have expired or whose expiry is being written. */
  expired(limit: number): TableLease[] {
    const expired = this.#expired.values().take(limit).toArray()
    return expired.concat(
      this.#lapsing
        .values()
        .take(limit - expired.length)
        .toArray(),
    )
  }

  /**
   * Returns the leases that may match a filter, in order of their id, alive or not: the smallest set that
   * the indexes provide, or all leases.
   */
  candidates(matcher: AgentMatcher): Candidates {
    const now = this.#clock.now()
    const marked = (status: MarkedStatus, limit: number): TableLease[] | undefined => {
      const set = status === 'suspect' ? this.#suspects : this.#expired
      const found = [...set.values().take(limit + 1)]
      if (status === 'expired') found.push(...this.lapsed(now))
      return found.length > limit ? undefined : found
    }
    return this.#index.candidates(matcher, this.#ordered, marked)
  }

  /** Returns the given leases that are still in the table and match. */
  matching(leases: readonly TableLease[], matcher: AgentMatcher, aliveBy: AliveBy): TableLease[] {
    const now = this.#clock.now()
    return leases.filter((lease) => {
      const alive = aliveBy === 'clock' ? now < lease.deadline : !lease.expired
      return (
        (alive || matcher.includesDead) &&
        this.#byId.get(lease.agentId) === lease &&
        matcher.matches(lease.agentId, lease.profile, alive ? liveStatus(lease) : 'expired')
      )
    })
  }

  /** Returns the position of a lease in a sorted list. */
  position(lease: TableLease, sort: AgentSort): ListPosition {
    const { agentId, load, registeredAtMs } = lease
    const lastHeartbeatMs = this.#clock.beatToWall(lease.lastBeat)
    const expiresAtMs = this.#clock.deadlineToWall(lease.deadline)
    return positionOf({ agentId, load, registeredAtMs, lastHeartbeatMs, expiresAtMs }, sort)
  }

  /** Defers indexing to {@link indexMore}, so that {@link insert} is faster. */
  deferIndexes(): void {
    this.#index.defer()
  }

  /** Number of leases that {@link indexMore} has still to index. */
  get unindexed(): number {
    return this.#byId.size - this.#index.size
  }

  /**
   * Indexes some leases, at most a block. Returns false when all are indexed.
   *
   * @param mayContinue called after each lease: those with the most metadata take a millisecond
   */
  indexMore(mayContinue: () => boolean = () => true): boolean {
    if (this.#index.isComplete) return false
    const found = this.#ordered.after(this.#index.filledTo)
    this.#index.fill(found ? found.block.leases.slice(found.from) : [], mayContinue)
    return true
  }

  /**
   * Returns the agents after an id, one block per call; undefined at the end. Returns the same arrays
   * again while nothing in them has changed, so callers can cache values derived from them.
   */
  page(afterAgentId: string | undefined): (CachedView & { lastAgentId: string }) | undefined {
    const found = this.#ordered.after(afterAgentId)
    if (found === undefined) return undefined
    const { leases } = found.block
    const { agentId: lastAgentId } = leases.at(-1) as TableLease
    const now = this.#clock.now()
    const view =
      found.from > 0 ? this.#toView(leases.slice(found.from), now) : this.#viewOf(found.block, now)
    return { ...view, lastAgentId }
  }

  /** Converts a lease to the record that readers see. */
  toRecord(lease: Lease, now = this.#clock.now(), aliveBy: AliveBy = 'clock'): AgentRecord {
    return toAgentRecord(lease, this.#clock, { now, aliveBy })
  }

  /** Converts leases as of one moment: reading the clock for each took a fifth of a query. */
  toRecords(leases: readonly Lease[], aliveBy?: AliveBy): AgentRecord[] {
    const now = this.#clock.now()
    return leases.map((lease) => this.toRecord(lease, now, aliveBy))
  }

  /** The leases past their deadline whose expiry is not committed yet. */
  *lapsed(now: LeaseTime): Generator<TableLease> {
    for (const lease of this.#lapsing) if (lease.deadline <= now) yield lease
    yield* this.#deadlines.due(now)
  }

  #viewOf(block: LeaseBlock, now: LeaseTime): CachedView {
    const { cachedView: cached } = block
    const isCurrent = cached?.offsetVersion === this.#clock.offsetVersion
    if (cached && isCurrent && now < cached.validUntil) return cached
    const fresh = this.#toView(block.leases, now)
    block.cachedView = this.size <= CACHE_VIEWS_UP_TO ? fresh : undefined
    return fresh
  }

  #toView(leases: readonly TableLease[], now: LeaseTime): CachedView {
    let validUntil = Number.POSITIVE_INFINITY
    const records = leases.map((lease) => {
      if (now < lease.deadline) validUntil = Math.min(validUntil, lease.deadline)
      return this.toRecord(lease, now)
    })
    const alive = records.every((record) => record.alive)
      ? records
      : records.filter((record) => record.alive)
    return { records, alive, validUntil, offsetVersion: this.#clock.offsetVersion }
  }

  #track(lease: TableLease): void {
    this.#lapsing.delete(lease)
    if (lease.expired) {
      this.#expired.add(lease)
    } else {
      this.#expired.delete(lease)
      if (lease.suspect) this.#suspects.add(lease)
      this.#deadlines.place(lease)
    }
  }

  /** Undoes {@link #track}, before the state changes by which it places the lease. */
  #untrack(lease: TableLease): void {
    this.#deadlines.remove(lease)
    this.#suspects.delete(lease)
  }
}
