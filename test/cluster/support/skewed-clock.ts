// Preloaded into a node to skew the clock of its machine. Only the time of day is shifted; timers
// and the monotonic clock of a machine do not depend on it.
const errorMs = Number(process.env.CLOCK_ERROR_MS)
if (!Number.isFinite(errorMs)) throw new Error('CLOCK_ERROR_MS must be a number of milliseconds')

const SystemDate = Date

class SkewedDate extends SystemDate {
  constructor(...parts: unknown[]) {
    super(...((parts.length === 0 ? [SkewedDate.now()] : parts) as [number]))
  }

  static override now(): number {
    return SystemDate.now() + errorMs
  }
}

/** `Date()` without `new` returns the time as text. */
globalThis.Date = new Proxy(SkewedDate, {
  apply: () => new SkewedDate().toString(),
}) as unknown as DateConstructor

const timeOrigin = performance.timeOrigin + errorMs
Object.defineProperty(performance, 'timeOrigin', { get: () => timeOrigin, configurable: true })
