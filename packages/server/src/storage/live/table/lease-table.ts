import type { AgentSort, AgentStatus } from '@rollcall/protocol'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import type { Lease } from '../../../domain/lease.ts'
import { type AliveBy, toAgentRecord } from '../../../domain/lease-views.ts'
import type { AgentMatcher } from '../../../domain/query/agent-matcher.ts'
import { type ListPosition, positionOf } from '../../../domain/query/agent-query.ts'
import { StatusCounter, type StatusCounts } from '../../../domain/status-counts.ts'
import { AgentIndex } from '../indexes/agent-index.ts'
import { type Candidates, candidatesIn } from '../indexes/posting-list.ts'
import type { LeaseClock } from '../lease-clock.ts'
import { OrderedLeases } from './ordered-leases.ts'
import { type CachedView, type LeaseBlock, TableLease } from './table-lease.ts'
import { TimingWheel } from './timing-wheel.ts'

/** Above this many agents, blocks do not keep their records: a full list would double memory. */
const KEEP_SHOWN_BELOW = 65_536

/** All agents in memory: by id, in order, by when they are due, and by what they can be found. */
export class LeaseTable {
  readonly #clock: LeaseClock
  readonly #byId = new Map<string, TableLease>()
  readonly #ordered = new OrderedLeases({ isHome: true })
  readonly #index = new AgentIndex()
  readonly #wheel: TimingWheel
  readonly #statuses = new StatusCounter()
  readonly #expired = new Set<TableLease>()
  /** Taken from the wheel, their expiry not committed yet. */
  readonly #lapsing = new Set<TableLease>()

  constructor(clock: LeaseClock) {
    this.#clock = clock
    this.#wheel = new TimingWheel(clock.now())
  }

  get size(): number {
    return this.#byId.size
  }

  /** How many leases run at a moment. */
  countAlive(now: number): number {
    let lapsing = 0
    for (const lease of this.#lapsing) if (lease.deadline <= now) lapsing++
    return this.#byId.size - this.#expired.size - lapsing - this.#wheel.countDue(now)
  }

  /** How many agents reads show with each status at a moment. */
  countByStatus(now: number): StatusCounts {
    const lapsed = new StatusCounter()
    let expired = this.#expired.size
    for (const lease of this.#lapsed(now)) {
      lapsed.add(lease.status)
      expired++
    }
    const count = (status: AgentStatus) => this.#statuses.of(status) - lapsed.of(status)
    return { ready: count('ready'), busy: count('busy'), draining: count('draining'), expired }
  }

  /** Whether some lease has lapsed whose expiry is not committed yet. */
  lapsePending(now: number): boolean {
    return this.#lapsing.size > 0 || this.#wheel.countDue(now) > 0
  }

  get(agentId: string): TableLease | undefined {
    return this.#byId.get(agentId)
  }

  /** Renews a running lease from a heartbeat. */
  renew(lease: TableLease, now: number): void {
    lease.lastBeat = this.#clock.toBeat(now)
    lease.deadline = now + lease.profile.ttlSeconds * 1000
    if (lease.block) lease.block.shown = undefined
  }

  /**
   * Takes in the committed state of a lease: a new one, or the next state of one that is here. A
   * heartbeat that came while the commit was under way is kept; what it reported is in the state.
   */
  put(next: Lease): void {
    const lease = this.#byId.get(next.agentId)
    if (lease === undefined) {
      // A copy: whoever waits for the committed state must not see it change.
      this.insert(new TableLease(next))
      return
    }
    const { lastBeat } = lease
    // In lease time. On the scale of `lastBeat`, a stall since would count as lease.
    const beatAt = lease.deadline - lease.profile.ttlSeconds * 1000
    this.#uncount(lease)
    this.#index.change(lease, next, () => lease.become(next))
    if (lastBeat > next.lastBeat) {
      lease.lastBeat = lastBeat
      if (!lease.expired) lease.deadline = beatAt + lease.profile.ttlSeconds * 1000
    }
    if (lease.block) lease.block.shown = undefined
    this.#count(lease)
    this.#file(lease)
  }

  /** Takes in a lease that is not here, and from now on belongs to the table. */
  insert(lease: TableLease): void {
    this.#byId.set(lease.agentId, lease)
    this.#ordered.insert(lease)
    this.#index.add(lease)
    this.#count(lease)
    this.#file(lease)
  }

  delete(agentId: string): void {
    const lease = this.#byId.get(agentId)
    if (lease === undefined) return
    this.#byId.delete(agentId)
    this.#uncount(lease)
    this.#ordered.remove(lease)
    this.#index.remove(lease)
    this.#wheel.remove(lease)
    this.#lapsing.delete(lease)
    this.#expired.delete(lease)
  }

  /**
   * The leases whose deadline has come. Each is given once: say with {@link putBack} that its
   * expiry could not be written down.
   */
  takeLapsed(now: number, limit: number): { lapsed: TableLease[]; more: boolean } {
    const due = this.#wheel.takeDue(now, limit)
    for (const lease of due.lapsed) this.#lapsing.add(lease)
    return due
  }

  /** Files a lease again that {@link takeLapsed} gave and that is still to expire. */
  putBack(lease: TableLease): void {
    if (this.#byId.get(lease.agentId) === lease) this.#file(lease)
  }

  /** The expired leases, and those whose expiry is being written down; at most so many. */
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
   * The leases that a filter may list, in order of their id, whether or not they are alive: the
   * fewest that the indexes can tell, all of them when they cannot.
   */
  candidates(matcher: AgentMatcher): Candidates {
    const now = this.#clock.now()
    const dead = (limit: number): TableLease[] | undefined => {
      const found = [...this.#expired.values().take(limit + 1), ...this.#lapsing]
      for (const lease of this.#wheel.due(now)) found.push(lease)
      return found.length > limit ? undefined : found
    }
    return this.#index.candidates(matcher, dead) ?? candidatesIn(this.#ordered)
  }

  /** Those of some leases that are still here and belong into the list. */
  matching(leases: readonly TableLease[], matcher: AgentMatcher, aliveBy: AliveBy): TableLease[] {
    const now = this.#clock.now()
    return leases.filter((lease) => {
      const alive = aliveBy === 'clock' ? now < lease.deadline : !lease.expired
      return (
        (alive || matcher.includesDead) &&
        this.#byId.get(lease.agentId) === lease &&
        matcher.matches(lease.agentId, lease.profile, alive ? lease.status : 'expired')
      )
    })
  }

  /** Where a lease stands in a list. */
  position({ agentId, load, registeredAtMs, lastBeat }: TableLease, sort: AgentSort): ListPosition {
    const lastHeartbeatMs = this.#clock.beatToWall(lastBeat)
    return positionOf({ agentId, load, registeredAtMs, lastHeartbeatMs }, sort)
  }

  /** From here on {@link indexMore} makes the indexes, not {@link insert}: it is sooner done. */
  postponeIndexes(): void {
    this.#index.postpone()
  }

  /** How many leases {@link indexMore} has still to take in. */
  get unindexed(): number {
    return this.#byId.size - this.#index.size
  }

  /**
   * Takes some leases into the indexes, a block at the most. Returns false when all are in.
   *
   * @param mayGoOn asked after each of them: those with the most metadata take a millisecond
   */
  indexMore(mayGoOn: () => boolean = () => true): boolean {
    if (this.#index.isComplete) return false
    const found = this.#ordered.after(this.#index.filledTo)
    this.#index.fill(found ? found.block.leases.slice(found.from) : [], mayGoOn)
    return true
  }

  /**
   * The agents behind an id, a block at a time; undefined at the end. Arrays that were given
   * before are given again while nothing in them has changed, so what a caller made of them can
   * be kept with them.
   */
  page(afterAgentId: string | undefined): (CachedView & { lastAgentId: string }) | undefined {
    const found = this.#ordered.after(afterAgentId)
    if (found === undefined) return undefined
    const { leases } = found.block
    const { agentId: lastAgentId } = leases.at(-1) as TableLease
    const now = this.#clock.now()
    const shown =
      found.from > 0
        ? this.#showPage(leases.slice(found.from), now)
        : this.#showBlock(found.block, now)
    return { ...shown, lastAgentId }
  }

  /** The lease as readers see it. */
  show(lease: Lease, now = this.#clock.now(), aliveBy: AliveBy = 'clock'): AgentRecord {
    return toAgentRecord(lease, this.#clock, { now, aliveBy })
  }

  /** The leases as readers see them at one moment: to look at the clock for each was a fifth of a query. */
  showAll(leases: readonly Lease[], aliveBy?: AliveBy): AgentRecord[] {
    const now = this.#clock.now()
    return leases.map((lease) => this.show(lease, now, aliveBy))
  }

  #showBlock(block: LeaseBlock, now: number): CachedView {
    const { shown } = block
    if (shown && now < shown.trueUntil && shown.shifts === this.#clock.shifts) return shown
    const fresh = this.#showPage(block.leases, now)
    block.shown = this.size <= KEEP_SHOWN_BELOW ? fresh : undefined
    return fresh
  }

  #showPage(leases: readonly TableLease[], now: number): CachedView {
    let trueUntil = Number.POSITIVE_INFINITY
    const records = leases.map((lease) => {
      if (now < lease.deadline) trueUntil = Math.min(trueUntil, lease.deadline)
      return this.show(lease, now)
    })
    const alive = records.every((record) => record.alive)
      ? records
      : records.filter((record) => record.alive)
    return { records, alive, trueUntil, shifts: this.#clock.shifts }
  }

  #count(lease: TableLease): void {
    if (!lease.expired) this.#statuses.add(lease.status)
  }

  #uncount(lease: TableLease): void {
    if (!lease.expired) this.#statuses.remove(lease.status)
  }

  /** The leases past their deadline whose expiry is not committed yet. */
  *#lapsed(now: number): Generator<TableLease> {
    for (const lease of this.#lapsing) if (lease.deadline <= now) yield lease
    yield* this.#wheel.due(now)
  }

  #file(lease: TableLease): void {
    this.#lapsing.delete(lease)
    if (lease.expired) {
      this.#wheel.remove(lease)
      this.#expired.add(lease)
    } else {
      this.#expired.delete(lease)
      this.#wheel.place(lease)
    }
  }
}
