import type { IncomingMessage } from 'node:http'
import { ERROR_CODES } from '@rollcall/protocol'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { HttpProblem } from '../responses/problem.ts'
import type { PooledBody } from './body-pool.ts'

/** Milliseconds over which the rate of a large body is measured. */
const RATE_MS = 5000
/** Bytes that a large body must gain in that time. */
const LEAST_BYTES = (SERVER_LIMITS.bodyBytesPerSecond.value * RATE_MS) / 1000
/** Bytes that a body in pieces has room for at first. */
const FIRST_BYTES = 4096

const NOTHING = Buffer.alloc(0)

interface BodyOptions {
  /** Bytes, at most. */
  readonly limit: number
  /** Bytes that the client says it will send; undefined: it does not say. */
  readonly announced: number | undefined
  /** Asks for memory: so many bytes in all. Throws when there is none. */
  readonly occupy: (bytes: number) => void
  /** Called once; memory that was asked for is occupied until then. */
  readonly done: (error: Error | null, bytes: Buffer, hasOccupied: boolean) => void
}

/**
 * The body of one request while it arrives. Its pieces are copied together as they come: kept as they
 * are, a body in pieces of one byte would hold a thousand times its size.
 */
export class ArrivingBody implements PooledBody {
  readonly #stream: IncomingMessage
  readonly #options: BodyOptions
  /** A body that came in one piece. */
  #whole: Buffer | undefined
  /** All others; grown by moving, so that nothing is left for the garbage collector. */
  #room: ArrayBuffer | undefined
  #hasOccupied = false
  #received = 0
  /** Of the rate: when the measurement began, and how much had come by then. */
  #measuredAt = 0
  #measuredBytes = 0

  constructor(stream: IncomingMessage, options: BodyOptions) {
    this.#stream = stream
    this.#options = options
    stream.on('data', this.#take).on('end', this.#end).on('error', this.#fail)
  }

  giveUp(problem: HttpProblem): void {
    this.#finish(problem, NOTHING)
    this.#room = this.#room?.transfer(0)
  }

  /** Gives up when the body came too slowly since the last measurement. */
  requireRate(nowMs: number): void {
    if (this.#measuredAt === 0) this.#measuredAt = nowMs
    if (nowMs - this.#measuredAt < RATE_MS) return
    if (this.#received - this.#measuredBytes < LEAST_BYTES) {
      this.giveUp(tooSlow())
      return
    }
    this.#measuredAt = nowMs
    this.#measuredBytes = this.#received
  }

  readonly #take = (piece: Buffer): void => {
    const before = this.#received
    this.#received += piece.length
    if (this.#received > this.#options.limit) this.giveUp(bodyTooLarge())
    else if (before === 0 && piece.length === this.#options.announced) this.#whole = piece
    else this.#append(piece, before)
  }

  #append(piece: Buffer, at: number): void {
    this.#hasOccupied = true
    try {
      this.#options.occupy(this.#sizeFor(this.#received))
    } catch (error) {
      this.giveUp(error as HttpProblem)
      return
    }
    const size = this.#sizeFor(this.#received)
    let room = this.#room ?? new ArrayBuffer(size)
    if (size > room.byteLength) room = room.transfer(size)
    this.#room = room
    piece.copy(Buffer.from(room), at)
  }

  /** Twice as much each time, but never more than can come. */
  #sizeFor(bytes: number): number {
    let size = Math.max(this.#room?.byteLength ?? 0, FIRST_BYTES)
    while (size < bytes) size *= 2
    return Math.min(size, this.#options.announced ?? this.#options.limit)
  }

  readonly #end = (): void => {
    const joined = this.#room && Buffer.from(this.#room, 0, this.#received)
    this.#finish(null, this.#whole ?? joined ?? NOTHING)
  }

  /** The client has gone, or sends what is no HTTP. */
  readonly #fail = (error: Error): void => this.#finish(error, NOTHING)

  #finish(error: Error | null, bytes: Buffer): void {
    this.#stream.off('data', this.#take).off('end', this.#end).off('error', this.#fail)
    this.#options.done(error, bytes, this.#hasOccupied)
  }
}

/** The refusal of a body that is larger than its route takes. */
export function bodyTooLarge(): HttpProblem {
  const { remedy } = ERROR_CODES.PAYLOAD_TOO_LARGE
  return new HttpProblem('PAYLOAD_TOO_LARGE', `Request body is too large. ${remedy}`)
}

function tooSlow(): HttpProblem {
  const rate = SERVER_LIMITS.bodyBytesPerSecond.value
  return new HttpProblem(
    'REQUEST_TIMEOUT',
    `A large body must come at ${rate} bytes per second. ${ERROR_CODES.REQUEST_TIMEOUT.remedy}`,
    { headers: { connection: 'close' } },
  )
}
