import { setTimeout as sleep } from 'node:timers/promises'
import type { Registration } from '@rollcall/protocol'
import { type FeedFilter, filterQuery, followsEverything, matchingAgent } from './feed-filter.ts'
import { FeedModel, type Ground } from './feed-model.ts'
import type { SeededRandom } from './feed-random.ts'
import { FeedStream, type Told } from './feed-stream.ts'

/** How a connection is asked for. */
interface Approach {
  readonly ground: Ground
  readonly lastEventId?: string | undefined
  readonly since?: string
  readonly snapshot?: boolean
}

/**
 * Bytes and milliseconds after which a consumer lets go of its connection. The time counts from the
 * first event or, sometimes, from the start: then it may leave before it was told anything.
 */
const CUT_AFTER_BYTES = { least: 300, most: 150_000 }
const CUT_AFTER_MS = { least: 5, most: 2000 }
/** Milliseconds until it connects again. */
const AWAY_MS = { least: 1, most: 700 }
/** Milliseconds in which it reads nothing, now and then. */
const PAUSE_MS = 200
/** Ids that a consumer remembers, to come back with one that is old. */
const REMEMBERED_IDS = 20
/** What is told when something was wrong: so many connections, so many events. */
const TRACE = { connections: 80, events: 80 }

/** Someone who follows a filter, badly connected: lets go, comes back, sometimes with nonsense. */
export class FeedConsumer {
  readonly filter: FeedFilter
  readonly model: FeedModel
  /** An agent that the consumer will be told of: when it was, it has caught up. */
  readonly marker: Registration
  readonly figures = { disconnects: 0, insideEvent: 0 }
  /** Of the node that it was connected to last. */
  #node: string | undefined
  readonly #random: SeededRandom
  readonly #trace: { readonly connections: string[]; readonly events: string[] } = {
    connections: [],
    events: [],
  }
  #earlierIds: string[] = []
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

  /** What was wrong, and what had happened before. */
  get failure(): string | undefined {
    return this.#failure
  }

  /** Nothing more is to be waited for. */
  get isSettled(): boolean {
    return this.#hasSeenMarker || this.#failure !== undefined
  }

  /**
   * Follows the feed until it is stopped.
   *
   * @param nodeOtherThan resolves with the URL of a node that can be asked, of another than the
   *   last if there is one
   */
  async follow(nodeOtherThan: (last: string | undefined) => Promise<string>): Promise<void> {
    try {
      while (!this.#isOver) {
        this.#node = await nodeOtherThan(this.#node)
        await this.#connect(this.#node)
        if (!this.#isOver) await sleep(this.#random.magnitude(AWAY_MS.least, AWAY_MS.most))
      }
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error))
    }
  }

  /** From here on it keeps its connection, and comes back in good order when that breaks. */
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
    const { ground, lastEventId, since, snapshot } = this.#approach()
    const query = filterQuery(this.filter)
    if (since !== undefined) query.set('since', since)
    if (snapshot) query.set('snapshot', 'true')
    const given = `${lastEventId ?? since ?? 'nothing'} (${ground}) to ${node}`
    this.#note('connections', `at ${this.model.lastId}: connects with ${given}`)
    this.model.begin(ground, lastEventId ?? since)
    if (ground === 'nothing') this.#earlierIds = []
    const mayBeCut = !this.#isSteady && this.#random.chance(0.8)
    const limit = this.#random.magnitude(CUT_AFTER_BYTES.least, CUT_AFTER_BYTES.most)
    const byteLimit = mayBeCut ? limit : Number.POSITIVE_INFINITY
    const patience = this.#random.magnitude(CUT_AFTER_MS.least, CUT_AFTER_MS.most)
    let timer: NodeJS.Timeout | undefined
    const loseTime = (): void => {
      timer ??= setTimeout(() => {
        if (mayBeCut && !this.#isSteady) stream.cut()
      }, patience)
    }
    const stream = new FeedStream(
      { url: `${node}/events?${query}`, lastEventId, byteLimit },
      (told) => {
        loseTime()
        this.#take(told)
      },
    )
    this.#stream = stream
    if (this.#random.chance(0.3)) loseTime()
    if (this.#random.chance(0.1)) void pauseForAWhile(stream, this.#random.integer(0, 300))
    const { how, insideEvent } = await stream.end.finally(() => clearTimeout(timer))
    const ended = `${how}${insideEvent ? ' inside an event' : ''}`
    this.#note('connections', `at ${this.model.lastId}: ${ended}`)
    if (this.#isOver) return
    if (how === 'cut') this.figures.disconnects++
    if (insideEvent) this.figures.insideEvent++
  }

  #approach(): Approach {
    const last = this.model.lastId
    const snapshot = this.#random.chance(0.5)
    if (last === undefined) return { ground: 'nothing', snapshot: true }
    const odd = this.#isSteady ? 0 : 1
    const usual = { header: 5, eventSource: 5, since: 3 }
    const way = this.#random.weighted({ ...usual, scratch: odd, stale: 2 * odd, foreign: odd })
    // Who comes back from the middle of a snapshot has no place to go on from.
    const ground = placeIn(last)
    switch (way) {
      case 'header':
        return { ground, lastEventId: last }
      case 'eventSource':
        return { ground, lastEventId: last, snapshot: true }
      case 'since':
        return ground === 'a place'
          ? { ground, since: last, snapshot }
          : { ground, lastEventId: last }
      case 'scratch':
        return { ground: 'nothing', snapshot: true }
      case 'stale': {
        const index = this.#random.integer(0, this.#earlierIds.length - 1)
        const stale = this.#earlierIds[index] ?? last
        // Back there it holds what was; no later id is its own until it has come there again.
        this.#earlierIds = this.#earlierIds.slice(0, index)
        return { ground: placeIn(stale), lastEventId: stale, snapshot }
      }
      case 'foreign': {
        const [epoch] = last.split(':')
        const nonsense = ['elsewhere:7', `${epoch}:999999999`, '?', `${epoch}:snapshot`] as const
        return { ground: 'no place', lastEventId: this.#random.pick(nonsense), snapshot }
      }
    }
  }

  #take(told: Told): void {
    const { id, event } = told
    const agentId = 'agent_id' in event ? event.agent_id : ''
    const listed = 'listed' in event && event.listed
    this.#note('events', `${id} ${event.type} ${agentId}${listed ? ', listed' : ''}`)
    this.model.take(told)
    // Who has forgotten everything must not go on from before that.
    if (event.type === 'reset') this.#earlierIds = []
    if (agentId === this.marker.agent_id && listed) this.#hasSeenMarker = true
    if (!this.#random.chance(0.05)) return
    this.#earlierIds.push(id)
    this.#earlierIds = this.#earlierIds.slice(-REMEMBERED_IDS)
  }

  #note(kind: keyof typeof TRACE, what: string): void {
    const notes = this.#trace[kind]
    notes.push(what)
    if (notes.length > 2 * TRACE[kind]) notes.splice(0, TRACE[kind])
  }
}

function placeIn(id: string): Ground {
  return id.endsWith(':snapshot') ? 'no place' : 'a place'
}

/** Stops reading after so many milliseconds, and goes on later. */
async function pauseForAWhile(stream: FeedStream, afterMs: number): Promise<void> {
  await sleep(afterMs)
  stream.pause()
  await sleep(PAUSE_MS)
  stream.resume()
}
