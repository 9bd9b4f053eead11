import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import { ArrivingBody, bodyTooLarge } from './arriving-body.ts'
import { BodyPool } from './body-pool.ts'

/** Milliseconds between two looks at the rates of large bodies. */
const CHECK_MS = 1000

/**
 * Large bodies of which a piece of 64 KiB is read in a round of the event loop. Left to Node, each
 * connection had 2 MiB read in a round: with 200 of them, a heartbeat waited for half a second.
 */
const PIECES_IN_ROUND = 4

const SMALL_BYTES = SERVER_LIMITS.smallBodyBytes.value

/**
 * Reads the bodies of requests within a limit of memory for all of them. Small ones have memory of
 * their own, so that heartbeats and registrations go through whatever large ones do; and a body that
 * comes in one piece, as nearly all do, needs none.
 */
export class ArrivingBodies {
  readonly #small: BodyPool<ArrivingBody>
  readonly #large: BodyPool<ArrivingBody>
  /** Where large bodies are answered: until then they are worked on. */
  readonly #responses = new WeakMap<IncomingMessage, ServerResponse>()
  /** Of large bodies, one is worked on in a round of the event loop: 4 MiB take 50 ms. */
  readonly #turns = new TimeSlices({ shortMs: 1 })
  /** Requests whose next piece is read in one of the next rounds, in order. */
  readonly #paused: IncomingMessage[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: { logger: FastifyBaseLogger }) {
    const log = new LimitLog({ logger: options.logger, subject: 'receiving bodies' })
    const pool = (limit: number, kind: string) =>
      new BodyPool<ArrivingBody>({
        limit,
        refused: () => log.reached(`${kind} bodies occupy all of their ${limit} bytes`),
      })
    this.#small = pool(SERVER_LIMITS.smallBodyBytesInAll.value, 'small')
    this.#large = pool(SERVER_LIMITS.bodyBytesInAll.value, 'large')
  }

  /** Bytes that bodies occupy. */
  get bytes(): number {
    return this.#small.bytes + this.#large.bytes
  }

  /** Notes where a request will be answered, before its body is read. */
  expect(request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request
    const mayBeLarge =
      headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > SMALL_BYTES
    if (mayBeLarge) this.#responses.set(request, response)
  }

  /** Reads the body of a request; `done` is called once, with an error or with all bytes. */
  read(request: FastifyRequest, done: (error: Error | null, bytes: Buffer) => void): void {
    const { raw, routeOptions } = request
    const length = raw.headers['content-length']
    const announced = length === undefined ? undefined : Number(length)
    const limit = routeOptions.bodyLimit
    if (announced !== undefined && announced > limit) {
      done(bodyTooLarge(), Buffer.alloc(0))
      return
    }
    const body = new ArrivingBody(raw, {
      limit,
      announced,
      occupy: (bytes) => {
        this.#occupy(body, bytes)
        if (bytes > SMALL_BYTES) this.#pause(raw)
      },
      done: (error, bytes, hasOccupied) => {
        if (hasOccupied) this.#settle(body, error === null ? this.#responses.get(raw) : undefined)
        if (bytes.length <= SMALL_BYTES) done(error, bytes)
        else this.#inTurn(() => done(error, bytes))
      },
    })
  }

  #pause(request: IncomingMessage): void {
    request.pause()
    if (this.#paused.push(request) === 1) setImmediate(() => this.#resumeSome())
  }

  #resumeSome(): void {
    for (const request of this.#paused.splice(0, PIECES_IN_ROUND)) request.resume()
    if (this.#paused.length > 0) setImmediate(() => this.#resumeSome())
  }

  async #inTurn(work: () => void): Promise<void> {
    const turn = this.#turns.begin()
    // Those that ended in the same moment were all let go: the first of them uses up the round.
    do await turn.next()
    while (turn.isOver)
    work()
    turn.end()
  }

  #occupy(body: ArrivingBody, bytes: number): void {
    if (bytes <= SMALL_BYTES) {
      this.#small.occupy(body, bytes)
      return
    }
    this.#small.release(body)
    this.#large.occupy(body, bytes)
    this.#timer ??= setInterval(() => this.#check(), CHECK_MS).unref()
  }

  /** A large body stays in memory, as what it was read as, until it is answered. */
  #settle(body: ArrivingBody, response: ServerResponse | undefined): void {
    this.#small.release(body)
    if (response === undefined || response.destroyed) {
      this.#large.release(body)
      return
    }
    this.#large.keep(body)
    response.once('close', () => this.#large.release(body))
  }

  #check(): void {
    const now = performance.now()
    let arriving = 0
    for (const body of [...this.#large.arriving]) {
      arriving++
      body.requireRate(now)
    }
    if (arriving > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
