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

/** What loads are taken from. */
export type LoadSource = Pick<AgentRegistryRepository, 'followLoads' | 'listAll'>

/** A load as it is reported: 0 (idle) to 1 (full), or NaN for none. */
export type SentLoad = Pick<FollowedAgent, 'agentId' | 'sent'>

/** Milliseconds between two rounds of reports: no agent is reported more often. */
const ROUND_MS = 1000
/** Loads in one text, at the most. */
const TEXT_LIMIT = 500
/** Agents or readers between two looks at the clock. */
const STEP = 32

/**
 * Reports the loads that agents send with their heartbeats to those who follow them: at most once
 * a second for each agent, and only when the load has moved. Nothing is kept or queued; a reader
 * that is behind is later sent the loads as they are then. Costs nothing without a follower.
 *
 * Reports go out between two batches of the change feed, never during one: so all readers of a
 * filter have the same transitions, and no report overwrites a newer transition.
 */
export class LoadFeed {
  readonly #source: LoadSource
  readonly #encode: (loads: readonly SentLoad[]) => string
  readonly #due: () => void
  readonly #loads = new FollowedLoads()
  readonly #audiences = new Set<LoadAudience>()
  #subscription: LoadSubscription | undefined
  #timer: NodeJS.Timeout | undefined
  #isDue = false
  #roundEndedAt = Number.NEGATIVE_INFINITY
  /** Audiences read their lists one after the other. */
  #listing: Promise<void> = Promise.resolve()

  /**
   * @param options.encode the text of a report, as readers get it
   * @param options.due called when {@link serve} has something to do
   */
  constructor(options: {
    source: LoadSource
    encode: (loads: readonly SentLoad[]) => string
    due: () => void
  }) {
    this.#source = options.source
    this.#encode = options.encode
    this.#due = options.due
  }

  /** Whether it is time for a round of reports. */
  get isDue(): boolean {
    return this.#isDue
  }

  /** Begins to follow the agents of a filter. */
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

  /** Lets a reader in, with the next round. */
  join(audience: LoadAudience, reader: LoadReader, joinedAt: number): void {
    audience.joining.set(reader, { reader, joinedAt })
    if (audience.isListed) this.#wake()
  }

  /** Lets go of a reader. Returns whether it was the last one: then the audience is closed. */
  leave(audience: LoadAudience, reader: LoadReader): boolean {
    audience.joining.delete(reader)
    audience.readers.delete(reader)
    if (!audience.isEmpty) return false
    audience.isClosed = true
    this.#audiences.delete(audience)
    this.#loads.removeAudience(audience)
    if (this.#audiences.size === 0) this.#unfollow()
    return true
  }

  /** Takes in the events of a batch, before the readers of an audience are sent them. */
  observe(audience: LoadAudience, events: readonly FeedEvent[]): void {
    this.#loads.observe(audience, events)
    if (this.#loads.isWaiting) this.#wake()
  }

  /** Called every second. */
  tick(): void {
    const isListing = this.#audiences.values().some((audience) => !audience.isListed)
    if (!isListing) this.#loads.forgetStrays()
  }

  /**
   * A round of reports, and lets in those who wait for it.
   *
   * @param position revision up to which all readers of the feed know everything
   */
  async serve(position: number): Promise<void> {
    this.#isDue = false
    const turns = new SteppedWork()
    const moved = new Map<LoadAudience, SentLoad[]>()
    for (const agent of this.#loads.takeMoved()) {
      for (const audience of agent.audiences) {
        const reports = moved.get(audience)
        if (reports) reports.push(agent)
        else moved.set(audience, [agent])
      }
      if (turns.isOver()) await turns.next()
    }
    for (const [audience, reports] of moved) {
      for (let at = 0; at < reports.length; at += TEXT_LIMIT) {
        const text = Buffer.from(this.#encode(reports.slice(at, at + TEXT_LIMIT)))
        for (const reader of [...audience.readers]) {
          if (audience.readers.has(reader)) reader.deliver(text)
          if (turns.isOver()) await turns.next()
        }
      }
    }
    await this.#letIn(position, turns)
    this.#roundEndedAt = performance.now()
    if (this.#loads.isWaiting) this.#wake()
  }

  /** Ends all reports. */
  close(): void {
    this.#unfollow()
    for (const audience of this.#audiences) audience.isClosed = true
    this.#audiences.clear()
  }

  async #letIn(position: number, turns: SteppedWork): Promise<void> {
    for (const audience of this.#audiences) {
      if (!audience.isListed) continue
      for (const { reader, joinedAt } of [...audience.joining.values()]) {
        // It knows transitions that the audience does not, which reports could overwrite.
        if (joinedAt > position) {
          this.#wake()
          continue
        }
        // The first one may hold what the others will be measured from.
        const isFirst = audience.readers.size === 0 && reader.known !== undefined
        for (const agent of isFirst ? audience.agents : []) {
          this.#loads.adopt(agent, reader.known)
          if (turns.isOver()) await turns.next()
        }
        // It may have left meanwhile.
        if (!audience.joining.delete(reader)) continue
        audience.readers.add(reader)
        reader.begin((known) => this.#current(audience, known))
      }
    }
  }

  *#current(audience: LoadAudience, known: KnownLoads | undefined): Generator<string> {
    let looked = 0
    let reports: SentLoad[] = []
    for (const agent of audience.agents) {
      if (known?.get(agent.agentId) !== loadOf(agent.sent)) reports.push(agent)
      if (++looked % TEXT_LIMIT !== 0) continue
      yield reports.length > 0 ? this.#encode(reports) : ''
      reports = []
    }
    if (reports.length > 0) yield this.#encode(reports)
  }

  /** Reads the list of an audience, whose transitions are observed already. */
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
        // The store is unavailable. The streams go on without loads until the list can be read.
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
      this.#due()
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

/** Looks at the clock now and then: the steps are too short to ask after each. */
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
