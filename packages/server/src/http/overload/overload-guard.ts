import type { IncomingMessage } from 'node:http'
import { OVERLOAD_INTERVAL_FACTOR } from '@rollcall/protocol'
import type { FastifyBaseLogger } from 'fastify'
import { EventLoopDelay } from '../../scheduling/event-loop-delay.ts'
import { ProcessorUse } from '../../scheduling/processor-use.ts'
import { LineLimit } from '../../telemetry/line-limit.ts'
import type { OverloadStats } from '../../telemetry/overload-metrics.ts'
import type { LeaseSuspension } from '../connections/lease-suspension.ts'
import type { RequestWaits } from '../connections/request-waits.ts'
import type { EarlyRefusals } from '../requests/early-refusals.ts'
import type { RequestHandler } from '../requests/request-handler.ts'
import { HeldRefusals } from './held-refusals.ts'
import { LOAD_CLASSES, type LoadClass, loadClassOf } from './load-class.ts'
import { overloadRefusal } from './overload-refusal.ts'
import { type MeasuredWindow, Pressure, WINDOW_MS } from './pressure.ts'

/** Pairs of lines in the log in a minute about an overload that comes and goes. */
const LINES_PER_MINUTE = 8

/**
 * Refuses requests while the event loop is late, the least important ones first, before anything is done for them.
 * See {@link Pressure} for how many.
 */
export class OverloadGuard {
  readonly pressure = new Pressure()
  readonly #logger: FastifyBaseLogger
  readonly #leases: LeaseSuspension
  readonly #refusals: EarlyRefusals
  readonly #held = new HeldRefusals()
  readonly #waits: RequestWaits
  readonly #toKnownPath: (url: string) => string
  readonly #lines = new LineLimit(LINES_PER_MINUTE)
  #delay: EventLoopDelay | undefined
  #timer: NodeJS.Timeout | undefined
  #beganAtMs: number | undefined
  /** The same by the monotonic clock: the wall clock may step. */
  #beganAt = 0
  #isLogged = false
  readonly #refused: Record<LoadClass, number> = { read: 0, change: 0, heartbeat: 0 }
  #refusedBefore = 0
  #intervalFactor = 1
  /** Requests since the last window. */
  #arrived = 0

  constructor(parts: {
    logger: FastifyBaseLogger
    /** Suspended while heartbeats are refused. */
    leases: LeaseSuspension
    refusals: EarlyRefusals
    waits: RequestWaits
    /** See `catalogPaths`. */
    toKnownPath: (url: string) => string
  }) {
    this.#logger = parts.logger
    this.#leases = parts.leases
    this.#refusals = parts.refusals
    this.#waits = parts.waits
    this.#toKnownPath = parts.toKnownPath
  }

  /** When the overload began, as Unix time in milliseconds; undefined: there is none. */
  get beganAtMs(): number | undefined {
    return this.#beganAtMs
  }

  /** How many times as far apart as usual agents are to send heartbeats; 1 unless the overload lasts. */
  get intervalFactor(): number {
    return this.#intervalFactor
  }

  /** What is refused now, and how many requests were since the start, by class. */
  get stats(): OverloadStats {
    const ofClass = (each: LoadClass) => ({
      share: this.pressure.shareOf(each),
      refused: this.#refused[each],
    })
    return Object.fromEntries(LOAD_CLASSES.map((each) => [each, ofClass(each)]))
  }

  /** Begins to measure. */
  start(): void {
    const delay = new EventLoopDelay()
    this.#delay = delay
    const use = new ProcessorUse()
    this.#timer = setInterval(() => {
      const delayMs = delay.take()
      if (delayMs === undefined) return
      const nowMs = performance.now()
      this.observe({ delayMs, requests: this.#arrived, processors: use.take(), nowMs })
      this.#arrived = 0
    }, WINDOW_MS).unref()
  }

  /** Stops measuring. */
  close(): void {
    clearInterval(this.#timer)
    this.#delay?.close()
  }

  /** Counts a window of measurement, in which requests may have waited for longer than the loop was late; see {@link Pressure.observe}. */
  observe(window: MeasuredWindow): void {
    const { nowMs } = window
    const delayMs = Math.max(window.delayMs, this.#waits.take())
    this.pressure.observe({ ...window, delayMs })
    this.#intervalFactor = this.pressure.isLasting(nowMs) ? OVERLOAD_INTERVAL_FACTOR : 1
    if (this.pressure.shareOf('heartbeat') > 0) this.#leases.suspend()
    const isOverloaded = this.pressure.since !== undefined
    if (isOverloaded && this.#beganAtMs === undefined) this.#began(nowMs)
    if (!isOverloaded && this.#beganAtMs !== undefined) this.#ended(nowMs)
  }

  /** Wraps a handler, which receives the requests that are served. */
  wrap(handler: RequestHandler): RequestHandler {
    return (request, response) => {
      this.#arrived++
      const refused = this.#beganAtMs === undefined ? undefined : this.#refusedClassOf(request)
      if (refused === undefined) return handler(request, response)
      const refuse = () =>
        this.#refusals.refuse(request, response, { refusal: overloadRefusal(refused), handler })
      // The next heartbeat is urgent, unlike whatever else the client is going to ask for.
      if (refused === 'heartbeat') refuse()
      else this.#held.hold(refuse)
      return undefined
    }
  }

  /** Returns the class of a request if it is to be refused. */
  #refusedClassOf({ method = '', url = '' }: IncomingMessage): LoadClass | undefined {
    const loadClass = loadClassOf(method, this.#toKnownPath(url))
    if (loadClass === undefined || this.pressure.admits(loadClass)) return undefined
    this.#refused[loadClass]++
    return loadClass
  }

  get #refusedInAll(): number {
    return LOAD_CLASSES.reduce((sum, each) => sum + this.#refused[each], 0)
  }

  #began(nowMs: number): void {
    this.#beganAtMs = Date.now()
    this.#beganAt = nowMs
    this.#refusedBefore = this.#refusedInAll
    this.#isLogged = this.#lines.allows(nowMs)
    if (!this.#isLogged) return
    const delayMs = Math.round(this.pressure.delayMs)
    this.#logger.warn(
      { delayMs },
      `overloaded: requests wait ${delayMs} ms; refusing a share of lists, searches and new streams`,
    )
  }

  #ended(nowMs: number): void {
    this.#beganAtMs = undefined
    if (!this.#isLogged) return
    const seconds = Math.round((nowMs - this.#beganAt) / 100) / 10
    const refused = this.#refusedInAll - this.#refusedBefore
    this.#logger.info(
      { seconds, refused },
      `no longer overloaded; ${refused} requests were refused`,
    )
  }
}
