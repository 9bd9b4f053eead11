import { setTimeout as sleep } from 'node:timers/promises'
import { AttackConnection, requestBytes } from '../raw-client.ts'
import { Lane } from './lane.ts'
import { type MixedWrites, mixedWrites } from './mixed-requests.ts'
import type { SenderOptions, SenderReport } from './sender-messages.ts'

/** Clients that connect at once. */
const CLIENTS_AT_ONCE = 8
const TICK_MS = 4
const STREAM_PAUSE_MS = 500

/** Sends mixed requests at a fixed rate, or as fast as they are responded to. */
export class RequestLoad {
  readonly #options: SenderOptions
  readonly #kinds = mixedWrites()
  /** Requests of a mix. */
  readonly #mixSize = this.#kinds.reduce((sum, { requests }) => sum + requests, 0)
  readonly #end = new AbortController()
  /** Each has a connection for each kind. */
  readonly #clients: Lane[][] = []
  #turn = 0
  #nextClient = 0
  #due = 0
  #streams = 0

  constructor(options: SenderOptions) {
    this.#options = options
  }

  /** Runs for the time of the options. */
  async run(): Promise<SenderReport> {
    await this.#connect()
    const { streams: streamCount, milliseconds, requestsPerSecond } = this.#options
    const began = performance.now()
    const until = began + milliseconds
    const streams = Array.from({ length: streamCount }, () => this.#reopenStream())
    if (requestsPerSecond !== undefined) await this.#sendAtRate(requestsPerSecond, until)
    else for (const client of this.#clients) void this.#followResponses(client, until)
    await sleep(Math.max(0, until - performance.now()))
    const report = this.#report((performance.now() - began) / 1000)
    this.#end.abort()
    await Promise.all(streams)
    return report
  }

  /** Opens all connections. The registry accepts few at a time: those without a response do not count yet. */
  async #connect(): Promise<void> {
    const { url, connections } = this.#options
    while (this.#clients.length * this.#kinds.length < connections) {
      const group = Array.from({ length: CLIENTS_AT_ONCE }, () =>
        this.#kinds.map(() => new Lane(url, this.#end.signal)),
      )
      this.#clients.push(...group)
      await Promise.all(group.flat().map((lane) => lane.untilAccepted()))
    }
  }

  /** Sends the next mix when everything before has a response. */
  async #followResponses(client: readonly Lane[], until: number): Promise<void> {
    while (performance.now() < until) {
      for (const [kind, lane] of client.entries()) {
        lane.reopen()
        this.#write(lane, kind)
      }
      await Promise.all(client.map((lane) => lane.untilIdle()))
    }
  }

  async #sendAtRate(perSecond: number, until: number): Promise<void> {
    const began = performance.now()
    for (let now = began; now < until; now = performance.now()) {
      const due = ((now - began) * perSecond) / 1000
      for (; this.#due + this.#mixSize <= due; this.#due += this.#mixSize) this.#offer()
      await sleep(TICK_MS)
    }
  }

  /** Sends a mix, except for what no connection is free for. */
  #offer(): void {
    for (const kind of this.#kinds.keys()) {
      const lane = this.#freeLane(kind)
      if (lane !== undefined) this.#write(lane, kind)
    }
  }

  /** The next connection for a kind that carries nothing. */
  #freeLane(kind: number): Lane | undefined {
    for (let tried = 0; tried < this.#clients.length; tried++) {
      const client = this.#clients[this.#nextClient++ % this.#clients.length]
      const lane = client?.[kind] as Lane
      lane.reopen()
      if (lane.inFlight === 0) return lane
    }
    return undefined
  }

  #write(lane: Lane, kind: number): void {
    const { writes, requests } = this.#kinds[kind] as MixedWrites
    lane.write(writes[this.#turn++ % writes.length] as Buffer, requests)
  }

  async #reopenStream(): Promise<void> {
    const headers = ['accept: text/event-stream']
    const { signal } = this.#end
    while (!signal.aborted) {
      const connection = new AttackConnection(this.#options.url, signal).read()
      await connection.opened
      await connection.request(requestBytes('GET', '/events', { headers }))
      this.#streams += connection.responses
      connection.close()
      await sleep(STREAM_PAUSE_MS)
    }
  }

  #report(seconds: number): SenderReport {
    const sum = (count: (lane: Lane) => number) =>
      this.#clients.flat().reduce((total, lane) => total + count(lane), 0)
    const sent = sum((lane) => lane.sent)
    return {
      due: this.#options.requestsPerSecond === undefined ? sent : this.#due,
      sent,
      responses: sum((lane) => lane.responses),
      refused: sum((lane) => lane.refused),
      closed: sum((lane) => lane.closed),
      streams: this.#streams,
      seconds,
    }
  }
}
