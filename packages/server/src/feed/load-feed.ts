import type { AgentRecord } from '../domain/agent-record.ts'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { LoadSubscription } from '../domain/load-subscription.ts'
import type { FeedEvent } from './feed-event.ts'
import { FeedWork } from './feed-work.ts'
import { FollowedLoads, loadOf } from './followed-loads.ts'
import {
  type FollowedAgent,
  type KnownLoads,
  LoadAudience,
  type LoadReader,
} from './load-audience.ts'

/** The source of loads. */
export type LoadSource = Pick<AgentRegistryRepository, 'followLoads' | 'listAll'>

/** A load as it is reported: 0 (idle) to 1 (full), or NaN for none. */
export type SentLoad = Pick<FollowedAgent, 'agentId' | 'sent'>

/** Milliseconds between two rounds of reports: no agent is reported more often. */
const ROUND_MS = 1000
/** Maximum loads in one text. */
const TEXT_LIMIT = 500
/** Agents or readers between two checks of the clock. */
const STEP = 32

/**
 * Reports the loads that agents send with their heartbeats to the readers that follow them: at most
 * once a second per agent, and only when the load has changed. Nothing is stored or queued; a reader
 * that is behind later receives the loads current at that time. Costs nothing without readers.
 *
 * Reports are sent between two batches of the change feed, never during one, so that all readers of a
 * filter have the same transitions, and no report overwrites a newer transition.
 */
export class LoadFeed {
  readonly #source: LoadSource
  readonly #encode: (loads: readonly SentLoad[]) => string
  readonly #onDue: () => void
  readonly #loads = new FollowedLoads()
  readonly #audiences = new Set<LoadAudience>()
  #subscription: LoadSubscription | undefined
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #roundEndedAt = Number.NEGATIVE_INFINITY
  /** Audiences read their lists one after the other. */
  #listing: Promise<void> = Promise.resolve()

  /**
   * @param options.encode encodes a report for readers
   * @param options.due called when {@link serve} has work to do
   */
  constructor(options: {
    source: LoadSource
    encode: (loads: readonly SentLoad[]) => string
    due: () => void
  }) {
    this.#source = options.source
    this.#encode = options.encode
    this.#onDue = options.due
  }

  /** Whether a round of reports is due. */
  get isDue(): boolean {
    return this.#isDue
  }

  /** Starts to follow the agents of a filter. */
  open(filter: LoadReader['filter']): LoadAudience {
    const audience = new LoadAudience(filter)
    this.#audiences.add(audience)
    this.#subscription ??= this.#source.followLoads?.((agentId, load, atMs) => {
      this.#loads.report(agentId, load, atMs)
      if (this.#loads.isWaiting) this.#wake()
    })
    this.#listing = this.#listing.then(() => this.#list(audience))
    return audience
  }

  /** Adds a reader with the next round. */
  join(audience: LoadAudience, reader: LoadReader, joinedAt: number): void {
    audience.joining.set(reader, { reader, joinedAt })
    if (audience.isListed) this.#wake()
  }

  /** Removes a reader. Closes the audience and returns true if it was the last one. */
  leave(audience: LoadAudience, reader: LoadReader): boolean {
    audience.joining.delete(reader)
    audience.readers.delete(reader)
    if (!audience.isEmpty) return false
    audience.isClosed = true
    this.#audiences.delete(audience)
    void this.#loads.removeAudience(audience)
    if (this.#audiences.size === 0) this.#unfollow()
    return true
  }

  /** Records the events of a batch before they are delivered to the readers of an audience. */
  observe(audience: LoadAudience, events: readonly FeedEvent[]): void {
    this.#loads.observe(audience, events)
    if (this.#loads.isWaiting) this.#wake()
  }

  /** Called every second. */
  tick(): void {
    const isListing = this.#audiences.values().some((audience) => !audience.isListed)
    if (!isListing) this.#loads.discardUnlisted()
  }

  /**
   * Runs a round of reports, and adds the readers that are waiting to join.
   *
   * @param position the revision up to which all readers of the feed know everything
   */
  async serve(position: number): Promise<void> {
    this.#isDue = false
    const work = new SteppedWork()
    const changed = new Map<LoadAudience, SentLoad[]>()
    for (const agent of this.#loads.takeChanged()) {
      for (const audience of agent.audiences) {
        const reports = changed.get(audience)
        if (reports) reports.push(agent)
        else changed.set(audience, [agent])
      }
      if (work.isOver()) await work.next()
    }
    for (const [audience, reports] of changed) {
      for (let at = 0; at < reports.length; at += TEXT_LIMIT) {
        const text = Buffer.from(this.#encode(reports.slice(at, at + TEXT_LIMIT)))
        for (const reader of [...audience.readers]) {
          if (audience.readers.has(reader)) reader.deliver(text)
          if (work.isOver()) await work.next()
        }
      }
    }
    await this.#admitJoining(position, work)
    this.#roundEndedAt = performance.now()
    if (this.#loads.isWaiting) this.#wake()
  }

  /** Ends all reports. */
  close(): void {
    this.#unfollow()
    for (const audience of this.#audiences) audience.isClosed = true
    this.#audiences.clear()
  }

  async #admitJoining(position: number, work: SteppedWork): Promise<void> {
    for (const audience of this.#audiences) {
      if (!audience.isListed) continue
      for (const { reader, joinedAt } of [...audience.joining.values()]) {
        // It knows transitions that the audience does not, and reports could overwrite them.
        if (joinedAt > position) {
          this.#wake()
          continue
        }
        // The loads that the first reader holds become the baseline for later reports.
        const isFirst = audience.readers.size === 0 && reader.known !== undefined
        for (const agent of isFirst ? audience.agents : []) {
          this.#loads.adopt(agent, reader.known)
          if (work.isOver()) await work.next()
        }
        // It may have left in the meantime.
        if (!audience.joining.delete(reader)) continue
        audience.readers.add(reader)
        reader.begin((known) => this.#current(audience, known))
      }
    }
  }

  *#current(audience: LoadAudience, known: KnownLoads | undefined): Generator<string> {
    let visited = 0
    let reports: SentLoad[] = []
    for (const agent of audience.agents) {
      if (known?.get(agent.agentId) !== loadOf(agent.sent)) reports.push(agent)
      if (++visited % TEXT_LIMIT !== 0) continue
      yield reports.length > 0 ? this.#encode(reports) : ''
      reports = []
    }
    if (reports.length > 0) yield this.#encode(reports)
  }

  /** Reads the list of an audience whose transitions are already being observed. */
  async #list(audience: LoadAudience): Promise<void> {
    while (!audience.isClosed) {
      try {
        await this.#subscription?.ready
        for await (const agents of this.#listOf(audience)) {
          if (audience.isClosed) return
          this.#loads.enterAll(audience, agents)
        }
        audience.changedWhileListing = undefined
        this.#wake()
        return
      } catch {
        // The store is unavailable. The streams continue without loads until the list can be read.
        await new Promise((resolve) => setTimeout(resolve, ROUND_MS).unref())
      }
    }
  }

  #listOf({ filter }: LoadAudience): AsyncIterable<readonly AgentRecord[]> {
    return this.#source.listAll({ ...filter, aliveBy: 'transitions' })
  }

  #wake(): void {
    if (this.#timer || this.#isDue || this.#audiences.size === 0) return
    const waitMs = Math.max(0, this.#roundEndedAt + ROUND_MS - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#isDue = true
      this.#onDue()
    }, waitMs).unref()
  }

  #unfollow(): void {
    this.#subscription?.end()
    this.#subscription = undefined
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isDue = false
  }
}

/** Checks the clock only every few steps, because the steps are too short to check after each. */
class SteppedWork {
  readonly #work = new FeedWork()
  #steps = 0

  isOver(): boolean {
    return ++this.#steps % STEP === 0 && this.#work.isOver
  }

  next(): Promise<void> {
    return this.#work.next()
  }
}
