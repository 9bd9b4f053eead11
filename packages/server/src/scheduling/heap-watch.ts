import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

/** Bytes of the heap limit that V8 keeps for new objects: three semi-spaces of 32 MiB. Objects that last cannot use them. */
const YOUNG_BYTES = 96 * 1024 * 1024

/**
 * Watches how much of the heap is in use, as of the last full garbage collection: at any other moment, it contains an
 * unknown amount of garbage. V8 collects more often the fuller the heap is.
 */
export class HeapWatch {
  readonly #limit = oldGenerationLimit()
  readonly #observer = new PerformanceObserver((list) => {
    if (list.getEntries().some(isFullCollection)) this.#used = getHeapStatistics().used_heap_size
  })
  #used = 0

  constructor() {
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** Share of the heap that is in use, from 0 to about 1. */
  get share(): number {
    return this.#used / this.#limit
  }

  /** Stops watching. */
  close(): void {
    this.#observer.disconnect()
  }
}

/** The most that objects may take that last. */
function oldGenerationLimit(): number {
  const { heap_size_limit: limit } = getHeapStatistics()
  return Math.max(limit / 2, limit - YOUNG_BYTES)
}

function isFullCollection(entry: PerformanceEntry): boolean {
  const detail: unknown = Reflect.get(entry, 'detail')
  const kind: unknown = typeof detail === 'object' && detail && Reflect.get(detail, 'kind')
  return kind === constants.NODE_PERFORMANCE_GC_MAJOR
}
