import { nowMs } from './clock.ts'
import type { MemorySample } from './figures.ts'
import type { RegistryUnderPressure } from './registry-under-pressure.ts'

const INTERVAL_MS = 100

/** Samples the memory of a registry ten times a second. */
export class MemoryWatch implements Disposable {
  readonly samples: MemorySample[] = []
  #peakBytes = 0
  readonly #timer: NodeJS.Timeout

  constructor(registry: RegistryUnderPressure) {
    this.#timer = setInterval(() => {
      this.samples.push({ at: nowMs(), residentBytes: registry.residentBytes() })
      // For each process: the peak of a restarted one starts over.
      this.#peakBytes = Math.max(this.#peakBytes, ...registry.nodes.map((node) => node.peakBytes()))
    }, INTERVAL_MS)
  }

  /** Maximum resident memory of a process since {@link resetPeak}, in bytes. */
  get peakBytes(): number {
    return this.#peakBytes
  }

  /** Resets the peak to the current resident memory. */
  resetPeak(): void {
    this.#peakBytes = this.samples.at(-1)?.residentBytes ?? 0
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
