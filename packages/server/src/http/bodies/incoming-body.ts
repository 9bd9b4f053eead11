import type { IncomingMessage } from 'node:http'
import { ERROR_CODES } from '@rollcall/protocol'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { HttpProblem } from '../responses/problem.ts'
import type { PooledBody } from './body-pool.ts'

/** Milliseconds over which the rate of a large body is measured. */
const RATE_MS = 5000
/** Bytes of a large body that must arrive in that time. */
const MIN_BYTES = (SERVER_LIMITS.bodyBytesPerSecond.value * RATE_MS) / 1000
/** Initial buffer size of a body in several chunks. */
const INITIAL_BYTES = 4096

const EMPTY = Buffer.alloc(0)

interface BodyOptions {
  /** Maximum number of bytes. */
  readonly limit: number
  /** The `Content-Length` of the request; undefined if it has none. */
  readonly announced: number | undefined
  /** Reserves memory, as a total number of bytes. Throws if there is not enough. */
  readonly occupy: (bytes: number) => void
  /** Called once; memory that was reserved is in use until then. */
  readonly done: (error: Error | null, bytes: Buffer, hasOccupied: boolean) => void
}

/**
 * The body of one request while it arrives. Its chunks are copied into one buffer as they arrive:
 * stored separately, a body in chunks of one byte would use a thousand times its size.
 */
export class IncomingBody implements PooledBody {
  readonly #stream: IncomingMessage
  readonly #options: BodyOptions
  /** A body that arrived in one chunk. */
  #whole: Buffer | undefined
  /** Any other body; grown by transfer, which leaves nothing for the garbage collector. */
  #buffer: ArrayBuffer | undefined
  #hasOccupied = false
  #received = 0
  /** When the measurement of the rate began, and how much had arrived by then. */
  #measuredAt = 0
  #measuredBytes = 0

  constructor(stream: IncomingMessage, options: BodyOptions) {
    this.#stream = stream
    this.#options = options
    stream.on('data', this.#receive).on('end', this.#end).on('error', this.#fail)
  }

  abort(problem: HttpProblem): void {
    this.#finish(problem, EMPTY)
    this.#buffer = this.#buffer?.transfer(0)
  }

  /** Aborts if the body arrived too slowly since the last measurement. */
  requireRate(nowMs: number): void {
    if (this.#measuredAt === 0) this.#measuredAt = nowMs
    if (nowMs - this.#measuredAt < RATE_MS) return
    if (this.#received - this.#measuredBytes < MIN_BYTES) {
      this.abort(tooSlow())
      return
    }
    this.#measuredAt = nowMs
    this.#measuredBytes = this.#received
  }

  readonly #receive = (chunk: Buffer): void => {
    const before = this.#received
    this.#received += chunk.length
    if (this.#received > this.#options.limit) this.abort(bodyTooLarge())
    else if (before === 0 && chunk.length === this.#options.announced) this.#whole = chunk
    else this.#append(chunk, before)
  }

  #append(chunk: Buffer, at: number): void {
    this.#hasOccupied = true
    try {
      this.#options.occupy(this.#sizeFor(this.#received))
    } catch (error) {
      this.abort(error as HttpProblem)
      return
    }
    const size = this.#sizeFor(this.#received)
    let buffer = this.#buffer ?? new ArrayBuffer(size)
    if (size > buffer.byteLength) buffer = buffer.transfer(size)
    this.#buffer = buffer
    chunk.copy(Buffer.from(buffer), at)
  }

  /** Doubles the size each time, up to the maximum that can arrive. */
  #sizeFor(bytes: number): number {
    let size = Math.max(this.#buffer?.byteLength ?? 0, INITIAL_BYTES)
    while (size < bytes) size *= 2
    return Math.min(size, this.#options.announced ?? this.#options.limit)
  }

  readonly #end = (): void => {
    const joined = this.#buffer && Buffer.from(this.#buffer, 0, this.#received)
    this.#finish(null, this.#whole ?? joined ?? EMPTY)
  }

  /** Called if the client disconnected, or sent invalid HTTP. */
  readonly #fail = (error: Error): void => this.#finish(error, EMPTY)

  #finish(error: Error | null, bytes: Buffer): void {
    this.#stream.off('data', this.#receive).off('end', this.#end).off('error', this.#fail)
    this.#options.done(error, bytes, this.#hasOccupied)
  }
}

/** Creates the error for a body that is larger than its route accepts. */
export function bodyTooLarge(): HttpProblem {
  const { remedy } = ERROR_CODES.PAYLOAD_TOO_LARGE
  return new HttpProblem('PAYLOAD_TOO_LARGE', `The request body is too large. ${remedy}`)
}

function tooSlow(): HttpProblem {
  const rate = SERVER_LIMITS.bodyBytesPerSecond.value
  return new HttpProblem(
    'REQUEST_TIMEOUT',
    `A large body must arrive at ${rate} bytes per second or faster. ${ERROR_CODES.REQUEST_TIMEOUT.remedy}`,
    { headers: { connection: 'close' } },
  )
}
