import type { HeartbeatSample } from './prober/heartbeat-sample.ts'
import type { Prober } from './prober/prober.ts'
import type { RegistryUnderPressure } from './registry-under-pressure.ts'

const CHECK_INTERVAL_MS = 250

/** Kills a registry that leaves a heartbeat without a response for too long. */
export class RegistryCut {
  #pending: readonly HeartbeatSample[] = []
  #isDone = false
  readonly #timer: NodeJS.Timeout

  constructor(registry: RegistryUnderPressure, prober: Prober, limitMs: number) {
    this.#timer = setInterval(() => {
      if (prober.longestWaitMs < limitMs) return
      clearInterval(this.#timer)
      this.#pending = prober.pending().map((sample) => ({ ...sample, status: 0 }))
      prober.pause()
      this.#isDone = true
      for (const node of registry.nodes) void node.stop('SIGKILL')
    }, CHECK_INTERVAL_MS)
  }

  /** Whether the registry was killed. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** Heartbeats in flight at that time. */
  get pending(): readonly HeartbeatSample[] {
    return this.#pending
  }

  /** Stops checking. */
  stop(): void {
    clearInterval(this.#timer)
  }
}
