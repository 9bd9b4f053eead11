import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import { LOAD_CLASSES, type LoadClass } from './load-class.ts'

const { delayForReads, delayForChanges, delayForHeartbeats, overloadPatience } = SERVER_LIMITS

/** Delays in milliseconds above which the share of a class that is refused grows, in the order of the classes. */
const LIMITS_MS = [delayForReads.value, delayForChanges.value, delayForHeartbeats.value] as const
/** Part of the limit of a class below which its share shrinks. */
const RELIEF_PART = 0.5

/** Milliseconds of one window of measurement. */
export const WINDOW_MS = 200
/**
 * Least share of a processor that an overloaded registry uses. One that is late but has had less is starved by other
 * processes, and gains little by refusing requests.
 */
const MIN_PROCESSORS = 0.5
/**
 * Fewest requests in a window that can be an overload: what is late although few ask is kept busy by the application
 * around it, or starved, and gains nothing by refusing them.
 */
const MIN_REQUESTS = 20
/** Windows in a row with too much delay before anything is refused: a single pause is no overload. */
const WINDOWS_TO_BEGIN = 3
/** Windows in a row without pressure and without delay after which the overload has ended. */
const WINDOWS_TO_END = 5
/** Growth of the pressure in a window whose delay is at the limit for reads; it grows in proportion to the delay. */
const GROWTH = 0.2
const MAX_GROWTH = 0.5
/** In each window with little delay, a fifth of the pressure and this much more goes. */
const KEPT_SHARE = 0.8
const RELIEF = 0.05
/** What goes in each window whose delay is neither little nor too much: a class returns within ten seconds. */
const SLOW_RELIEF = 0.02
/** Reads and changes are refused entirely, heartbeats to half: a client that tries three times gets through. */
const MAX_PRESSURE = 2.5

/** What was measured in a window of {@link WINDOW_MS}. */
export interface MeasuredWindow {
  /** Mean delay of the event loop. */
  readonly delayMs: number
  /** How many requests arrived. */
  readonly requests: number
  /** Processors that the process has used on average. */
  readonly processors: number
  /** When it ended, by a monotonic clock. */
  readonly nowMs: number
}

/**
 * Decides which share of the requests of each class is refused, from how late the event loop is. The pressure
 * is a number: its part from 0 to 1 is the share of reads that is refused, from 1 to 2 that of changes, and from
 * 2 on that of heartbeats. Each class has a delay above which its share grows, and shrinks below half of it. Between the
 * two it shrinks slowly, so that the registry finds the share that it can serve, instead of refusing everything and nothing in turn.
 */
export class Pressure {
  #value = 0
  #late = 0
  #calm = 0
  #delayMs = 0
  #since: number | undefined
  /** What is still missing for the next request of a class to be served, from 0 to 1. */
  readonly #credit: Record<LoadClass, number> = { read: 0, change: 0, heartbeat: 0 }

  /** When the overload began, in milliseconds of the clock of {@link observe}; undefined: there is none. */
  get since(): number | undefined {
    return this.#since
  }

  /** Mean delay of the event loop in the last window, in milliseconds. */
  get delayMs(): number {
    return this.#delayMs
  }

  /** The share of the requests of a class that is refused, from 0 to 1. */
  shareOf(loadClass: LoadClass): number {
    return Math.min(1, Math.max(0, this.#value - LOAD_CLASSES.indexOf(loadClass)))
  }

  /** Counts a window of measurement. */
  observe({ delayMs, requests, processors, nowMs }: MeasuredWindow): void {
    this.#delayMs = delayMs
    const isBusy = requests >= MIN_REQUESTS && processors >= MIN_PROCESSORS
    const isLate = delayMs > LIMITS_MS[0] && isBusy
    this.#late = isLate ? this.#late + 1 : 0
    if (this.#late >= WINDOWS_TO_BEGIN) this.#grow(delayMs, nowMs)
    else this.#shrink(delayMs)
    const isCalm = this.#value === 0 && delayMs < RELIEF_PART * LIMITS_MS[0]
    this.#calm = isCalm ? this.#calm + 1 : 0
    if (this.#calm >= WINDOWS_TO_END) this.#since = undefined
  }

  /** Whether agents are asked for fewer heartbeats, because the overload lasts. */
  isLasting(nowMs: number): boolean {
    return this.#since !== undefined && nowMs - this.#since >= overloadPatience.value * 1000
  }

  /** Counts a request. Returns whether it is served; of the requests of a class, every n-th is. */
  admits(loadClass: LoadClass): boolean {
    this.#credit[loadClass] += 1 - this.shareOf(loadClass)
    if (this.#credit[loadClass] < 1) return false
    this.#credit[loadClass] -= 1
    return true
  }

  #grow(delayMs: number, nowMs: number): void {
    this.#since ??= nowMs
    const growth = Math.min(MAX_GROWTH, (GROWTH * delayMs) / LIMITS_MS[0])
    const classes = LIMITS_MS.filter((limitMs) => delayMs > limitMs).length
    const ceiling = Math.min(MAX_PRESSURE, classes)
    if (this.#value < ceiling) this.#value = Math.min(ceiling, this.#value + growth)
    else this.#shrink(delayMs)
  }

  /** The limit of the class of which a part is refused, in milliseconds. */
  get #limitMs(): number {
    const [first, second, third] = LIMITS_MS
    return this.#value > 2 ? third : this.#value > 1 ? second : first
  }

  #shrink(delayMs: number): void {
    if (delayMs > this.#limitMs) return
    const isRelieved = delayMs < RELIEF_PART * this.#limitMs
    const value = isRelieved ? this.#value * KEPT_SHARE - RELIEF : this.#value - SLOW_RELIEF
    this.#value = Math.max(0, value)
  }
}
