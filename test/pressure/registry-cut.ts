import type { HeartbeatSample } from './prober/heartbeat-sample.ts'
import type { Prober } from './prober/prober.ts'
import type { RegistryUnderPressure } from './registry-under-pressure.ts'

const LOOK_EVERY_MS = 250

/** Kills a registry that leaves a heartbeat unanswered for longer than it may. */
export class RegistryCut {
  #unanswered: readonly HeartbeatSample[] = []
  #isDone = false
  readonly #timer: NodeJS.Timeout

  constructor(registry: RegistryUnderPressure, prober: Prober, limitMs: number) {
    this.#timer = setInterval(() => {
      if (prober.longestWaitMs < limitMs) return
      clearInterval(this.#timer)
      this.#unanswered = prober.unanswered().map((sample) => ({ ...sample, status: 0 }))
      prober.pause()
      this.#isDone = true
      for (const node of registry.nodes) void node.end('SIGKILL')
    }, LOOK_EVERY_MS)
  }

  /** Whether it had to be. */
  get isDone(): boolean {
    return this.#isDone
  }

  /** What was not answered by then. */
  get unanswered(): readonly HeartbeatSample[] {
    return this.#unanswered
  }

  /** Looks no more. */
  giveUp(): void {
    clearInterval(this.#timer)
  }
}
