import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { TimeSlices } from '../../scheduling/time-slices.ts'
import { LimitLog } from '../../telemetry/limit-log.ts'
import { BodyPool } from './body-pool.ts'
import { bodyTooLarge, IncomingBody } from './incoming-body.ts'

/** Milliseconds between two checks of the rates of large bodies. */
const CHECK_MS = 1000

/**
 * Number of large bodies of which a chunk of 64 KiB is read per iteration of the event loop. By default
 * Node reads 2 MiB of each connection per iteration: with 200 of them, a heartbeat waited for half a
 * second.
 */
const CHUNKS_PER_ROUND = 4

const SMALL_BYTES = SERVER_LIMITS.smallBodyBytes.value

/**
 * Reads the bodies of requests within a shared memory limit. Small bodies have a separate limit, so
 * that large ones never block heartbeats and registrations. A body that arrives in one chunk, as
 * nearly all do, does not count.
 */
export class IncomingBodies {
  readonly #small: BodyPool<IncomingBody>
  readonly #large: BodyPool<IncomingBody>
  /** The responses to requests with large bodies, which are being processed until the response closes. */
  readonly #responses = new WeakMap<IncomingMessage, ServerResponse>()
  /** One large body is parsed per iteration of the event loop: 4 MiB take 50 ms. */
  readonly #slices = new TimeSlices({ shortMs: 1 })
  /** Requests whose next chunk is read in one of the next iterations, in order. */
  readonly #paused: IncomingMessage[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(options: { logger: FastifyBaseLogger }) {
    const log = new LimitLog({ logger: options.logger, subject: 'receiving bodies' })
    const pool = (limit: number, kind: string) =>
      new BodyPool<IncomingBody>({
        limit,
        rejected: () => log.reached(`${kind} bodies use all ${limit} bytes of their memory`),
      })
    this.#small = pool(SERVER_LIMITS.smallBodyBytesInAll.value, 'small')
    this.#large = pool(SERVER_LIMITS.bodyBytesInAll.value, 'large')
  }

  /** Bytes that all bodies use. */
  get bytes(): number {
    return this.#small.bytes + this.#large.bytes
  }

  /** Records the response to a request before its body is read. */
  expect(request: IncomingMessage, response: ServerResponse): void {
    const { headers } = request
    const mayBeLarge =
      headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > SMALL_BYTES
    if (mayBeLarge) this.#responses.set(request, response)
  }

  /** Reads the body of a request. Calls `done` once, with an error or with all bytes. */
  read(request: FastifyRequest, done: (error: Error | null, bytes: Buffer) => void): void {
    const { raw, routeOptions } = request
    const length = raw.headers['content-length']
    const announced = length === undefined ? undefined : Number(length)
    const limit = routeOptions.bodyLimit
    if (announced !== undefined && announced > limit) {
      done(bodyTooLarge(), Buffer.alloc(0))
      return
    }
    const body = new IncomingBody(raw, {
      limit,
      announced,
      occupy: (bytes) => {
        this.#occupy(body, bytes)
        if (bytes > SMALL_BYTES) this.#pause(raw)
      },
      done: (error, bytes, hasOccupied) => {
        if (hasOccupied) this.#settle(body, error === null ? this.#responses.get(raw) : undefined)
        if (bytes.length <= SMALL_BYTES) done(error, bytes)
        else void this.#runSliced(() => done(error, bytes))
      },
    })
  }

  #pause(request: IncomingMessage): void {
    request.pause()
    if (this.#paused.push(request) === 1) setImmediate(() => this.#resumeSome())
  }

  #resumeSome(): void {
    for (const request of this.#paused.splice(0, CHUNKS_PER_ROUND)) request.resume()
    if (this.#paused.length > 0) setImmediate(() => this.#resumeSome())
  }

  async #runSliced(work: () => void): Promise<void> {
    const slice = this.#slices.begin()
    // Bodies that ended at the same moment were all admitted: the first of them uses up the slice.
    do await slice.next()
    while (slice.isOver)
    work()
    slice.end()
  }

  #occupy(body: IncomingBody, bytes: number): void {
    if (bytes <= SMALL_BYTES) {
      this.#small.occupy(body, bytes)
      return
    }
    this.#small.release(body)
    this.#large.occupy(body, bytes)
    this.#timer ??= setInterval(() => this.#check(), CHECK_MS).unref()
  }

  /** Keeps the memory of a large body reserved until its response closes: the parsed value exists. */
  #settle(body: IncomingBody, response: ServerResponse | undefined): void {
    this.#small.release(body)
    if (response === undefined || response.destroyed) {
      this.#large.release(body)
      return
    }
    this.#large.retain(body)
    response.once('close', () => this.#large.release(body))
  }

  #check(): void {
    const now = performance.now()
    let incoming = 0
    for (const body of [...this.#large.incoming]) {
      incoming++
      body.requireRate(now)
    }
    if (incoming > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
