import { pause } from './aborted.ts'
import type { Finding } from './attack.ts'
import { AttackConnection } from './raw-client.ts'
import { registrationBytes } from './registration-bytes.ts'

const INTERVAL_MS = 100

/** Registers an agent ten times a second, and records the latency from when it was due. */
export class RegistrationTimes {
  readonly #url: string
  readonly #times: number[] = []

  constructor(url: string) {
    this.#url = url
  }

  /** Runs until the signal is aborted; requests in flight count with their latency so far. */
  async register(signal: AbortSignal): Promise<void> {
    const connections = Array.from({ length: 8 }, () =>
      new AttackConnection(this.#url, signal).read(),
    )
    const began = performance.now()
    const pending = new Set<number>()
    for (let turn = 0; !signal.aborted; turn++) {
      const dueAt = began + turn * INTERVAL_MS
      await pause(dueAt - performance.now(), signal)
      const connection = connections[turn % connections.length]
      pending.add(dueAt)
      void connection?.request(registrationBytes(`timed-${turn}`)).then(() => {
        if (pending.delete(dueAt)) this.#times.push(performance.now() - dueAt)
      })
    }
    for (const dueAt of pending) this.#times.push(performance.now() - dueAt)
    pending.clear()
  }

  /** Returns the p99 with a goal for it. */
  finding(goalMs: number): Finding {
    const times = this.#times.toSorted((a, b) => a - b)
    const p99 = times[Math.ceil(times.length * 0.99) - 1] ?? 0
    return {
      what: 'registrations, p99',
      value: p99,
      unit: 'ms',
      isGood: p99 <= goalMs,
      isTimed: true,
    }
  }
}
