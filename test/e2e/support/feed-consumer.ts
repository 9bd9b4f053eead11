import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, Registration } from '@rollcall/protocol'
import {
  BRIEF_TTL_SECONDS,
  type FeedFilter,
  filterQuery,
  followsEverything,
  matchingAgent,
} from './feed-filter.ts'
import { FeedModel, type StartPosition } from './feed-model.ts'
import type { SeededRandom } from './feed-random.ts'
import { FeedStream, type ReceivedEvent } from './feed-stream.ts'

/** How to open a connection. */
interface ConnectOptions {
  readonly position: StartPosition
  readonly lastEventId?: string | undefined
  readonly since?: string
  readonly snapshot?: boolean
  /** The agents that it held at that position, if it is not the last one. */
  readonly agents?: ReadonlyMap<string, Agent>
}

/** What a consumer has stored, to go on from there after a restart. */
interface Checkpoint {
  readonly id: string
  readonly agents: ReadonlyMap<string, Agent>
}

/**
 * Bytes and milliseconds after which a consumer closes its connection. The time counts from the
 * first event or, sometimes, from the start: then it may close before any event.
 */
const CUT_AFTER_BYTES = { least: 300, most: 150_000 }
const CUT_AFTER_MS = { least: 5, most: 2000 }
/** Milliseconds until it reconnects. */
const RECONNECT_MS = { least: 1, most: 700 }
/** Milliseconds in which it occasionally reads nothing. */
const PAUSE_MS = 200
/** Checkpoints that a consumer remembers, to resume from an old one. */
const CHECKPOINTS = 20
/** Lengths of the trace in a failure report. */
const TRACE = { connections: 80, events: 80 }

/**
 * A consumer of a filtered feed with a bad connection: it disconnects, resumes, and sometimes sends
 * an invalid id.
 */
export class FeedConsumer {
  readonly filter: FeedFilter
  readonly model: FeedModel
  /** An agent that matches the filter: once its event arrives, the consumer has caught up. */
  readonly marker: Registration
  readonly figures = { disconnects: 0, insideEvent: 0 }
  /** URL of the node that it was last connected to. */
  #node: string | undefined
  readonly #random: SeededRandom
  readonly #trace: { readonly connections: string[]; readonly events: string[] } = {
    connections: [],
    events: [],
  }
  #checkpoints: Checkpoint[] = []
  #stream: FeedStream | undefined
  #hasSeenMarker = false
  #failure: string | undefined
  #isSteady = false
  #isOver = false

  constructor(options: { random: SeededRandom; filter: FeedFilter; run: number }) {
    this.#random = options.random
    this.filter = options.filter
    this.model = new FeedModel(followsEverything(options.filter))
    this.marker = matchingAgent(options.filter, `marker:${options.run}`)
  }

  /** Description of the first failure, with the preceding trace. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** The consumer has caught up or failed. */
  get isSettled(): boolean {
    return this.#hasSeenMarker || this.#failure !== undefined
  }

  /** The marker is seen only between its expiry and its removal. */
  get hasBriefMarker(): boolean {
    return this.marker.ttl_seconds === BRIEF_TTL_SECONDS
  }

  /**
   * Follows the feed until stopped.
   *
   * @param nodeOtherThan resolves with the URL of a running node, if possible another than the last
   */
  async follow(nodeOtherThan: (last: string | undefined) => Promise<string>): Promise<void> {
    try {
      while (!this.#isOver) {
        this.#node = await nodeOtherThan(this.#node)
        await this.#connect(this.#node)
        if (!this.#isOver)
          await sleep(this.#random.magnitude(RECONNECT_MS.least, RECONNECT_MS.most))
      }
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error))
    }
  }

  /** From here on keeps its connection, and resumes correctly if it breaks. */
  keepSteady(): void {
    this.#isSteady = true
    this.#stream?.keep()
  }

  stop(): void {
    this.#isOver = true
    this.#stream?.cut()
  }

  fail(why: string): void {
    const query = decodeURIComponent(`${filterQuery(this.filter)}`)
    const { connections, events } = this.#trace
    this.#failure ??= [
      `${this.marker.agent_id} following "${query}": ${why}`,
      ...connections,
      'and the last events of all connections:',
      ...events,
    ].join('\n    ')
  }

  async #connect(node: string): Promise<void> {
    const { position, lastEventId, since, snapshot, agents } = this.#chooseOptions()
    const query = filterQuery(this.filter)
    if (since !== undefined) query.set('since', since)
    if (snapshot) query.set('snapshot', 'true')
    const given = `${lastEventId ?? since ?? 'nothing'} (${position}) to ${node}`
    this.#record('connections', `at ${this.model.lastId}: connects with ${given}`)
    this.model.begin(position, lastEventId ?? since, agents)
    if (position === 'fresh') this.#checkpoints = []
    const mayBeCut = !this.#isSteady && this.#random.chance(0.8)
    const limit = this.#random.magnitude(CUT_AFTER_BYTES.least, CUT_AFTER_BYTES.most)
    const byteLimit = mayBeCut ? limit : Number.POSITIVE_INFINITY
    const cutAfterMs = this.#random.magnitude(CUT_AFTER_MS.least, CUT_AFTER_MS.most)
    let timer: NodeJS.Timeout | undefined
    const startTimer = (): void => {
      timer ??= setTimeout(() => {
        if (mayBeCut && !this.#isSteady) stream.cut()
      }, cutAfterMs)
    }
    const stream = new FeedStream(
      { url: `${node}/events?${query}`, lastEventId, byteLimit },
      (received) => {
        startTimer()
        this.#receive(received)
      },
    )
    this.#stream = stream
    if (this.#random.chance(0.3)) startTimer()
    if (this.#random.chance(0.1)) void pauseReading(stream, this.#random.integer(0, 300))
    const { how, insideEvent } = await stream.end.finally(() => clearTimeout(timer))
    const ended = `${how}${insideEvent ? ' inside an event' : ''}`
    this.#record('connections', `at ${this.model.lastId}: ${ended}`)
    if (this.#isOver) return
    if (how === 'cut') this.figures.disconnects++
    if (insideEvent) this.figures.insideEvent++
  }

  #chooseOptions(): ConnectOptions {
    const last = this.model.lastId
    const snapshot = this.#random.chance(0.5)
    if (last === undefined) return { position: 'fresh', snapshot: true }
    const unreliable = this.#isSteady ? 0 : 1
    const usual = { header: 5, eventSource: 5, since: 3 }
    const way = this.#random.weighted({
      ...usual,
      scratch: unreliable,
      stale: 2 * unreliable,
      foreign: unreliable,
    })
    // A consumer that disconnected during the snapshot has no position to resume from.
    const position = positionOf(last)
    switch (way) {
      case 'header':
        return { position, lastEventId: last }
      case 'eventSource':
        return { position, lastEventId: last, snapshot: true }
      case 'since':
        return position === 'resumable'
          ? { position, since: last, snapshot }
          : { position, lastEventId: last }
      case 'scratch':
        return { position: 'fresh', snapshot: true }
      case 'stale': {
        const index = this.#random.integer(0, this.#checkpoints.length - 1)
        const stale = this.#checkpoints[index] ?? { id: last, agents: this.model.agents }
        // Later ids are valid again only once it has passed them.
        this.#checkpoints = this.#checkpoints.slice(0, index)
        const { id, agents } = stale
        return { position: positionOf(id), lastEventId: id, snapshot, agents: new Map(agents) }
      }
      case 'foreign': {
        const [epoch] = last.split(':')
        const invalidIds = ['elsewhere:7', `${epoch}:999999999`, '?', `${epoch}:snapshot`] as const
        return { position: 'not resumable', lastEventId: this.#random.pick(invalidIds), snapshot }
      }
    }
  }

  #receive(received: ReceivedEvent): void {
    const { id, event } = received
    const agentId = 'agent_id' in event ? event.agent_id : ''
    const listed = 'listed' in event && event.listed
    this.#record('events', `${id} ${event.type} ${agentId}${listed ? ', listed' : ''}`)
    this.model.take(received)
    // After a reset it must not resume from an earlier id.
    if (event.type === 'reset') this.#checkpoints = []
    if (agentId === this.marker.agent_id && listed) this.#hasSeenMarker = true
    if (!this.#random.chance(0.05)) return
    this.#checkpoints.push({ id, agents: new Map(this.model.agents) })
    this.#checkpoints = this.#checkpoints.slice(-CHECKPOINTS)
  }

  #record(kind: keyof typeof TRACE, what: string): void {
    const lines = this.#trace[kind]
    lines.push(what)
    if (lines.length > 2 * TRACE[kind]) lines.splice(0, TRACE[kind])
  }
}

function positionOf(id: string): StartPosition {
  return id.endsWith(':snapshot') ? 'not resumable' : 'resumable'
}

/** Stops reading for a while, after some milliseconds. */
async function pauseReading(stream: FeedStream, afterMs: number): Promise<void> {
  await sleep(afterMs)
  stream.pause()
  await sleep(PAUSE_MS)
  stream.resume()
}
