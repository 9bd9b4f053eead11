import { nowMs } from './clock.ts'
import type { MemorySample } from './figures.ts'
import type { RegistryUnderPressure } from './registry-under-pressure.ts'

const EVERY_MS = 100

/** Looks at the memory of a registry ten times a second. */
export class MemoryWatch implements Disposable {
  readonly samples: MemorySample[] = []
  #peakBytes = 0
  readonly #timer: NodeJS.Timeout

  constructor(registry: RegistryUnderPressure) {
    this.#timer = setInterval(() => {
      this.samples.push({ at: nowMs(), residentBytes: registry.residentBytes() })
      // Of each process: one that is started again begins anew.
      this.#peakBytes = Math.max(this.#peakBytes, ...registry.nodes.map((node) => node.peakBytes()))
    }, EVERY_MS)
  }

  /** The most that a process had resident since {@link forgetPeak}, in bytes. */
  get peakBytes(): number {
    return this.#peakBytes
  }

  /** Begins anew, with what is resident now. */
  forgetPeak(): void {
    this.#peakBytes = this.samples.at(-1)?.residentBytes ?? 0
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
