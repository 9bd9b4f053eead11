import type { HistoryOptions, ReadOptions } from '../../domain/agent-registry-repository.ts'
import type { Transition } from '../../domain/transition.ts'
import { DEFAULTS } from '../../limits/defaults.ts'
import type { HistoryLimits } from '../history-limit.ts'
import { revisionGone } from '../revision-gone.ts'
import { HistoryTrimmer } from './history-trimmer.ts'
import type { HistoryBounds, Journal } from './journal.ts'
import type { LeaseClock } from './lease-clock.ts'
import { SettledWallClock } from './settled-wall-clock.ts'

/** The transitions of a live registry, within the configured limits. */
export class LiveHistory {
  readonly #journal: Journal
  readonly #clock: LeaseClock
  readonly #newest: () => number
  readonly #limit: number
  readonly #maxAgeMs: number
  readonly #trimmer: HistoryTrimmer

  /** @param options.newest the revision of the last transition that is visible */
  constructor(
    options: HistoryLimits & { journal: Journal; clock: LeaseClock; newest: () => number },
  ) {
    const { historyMaxAgeSeconds = DEFAULTS.historyMaxAgeSeconds } = options
    this.#journal = options.journal
    this.#clock = options.clock
    this.#newest = options.newest
    this.#limit = options.historyLimit ?? DEFAULTS.historyLimit
    this.#maxAgeMs = historyMaxAgeSeconds * 1000
    const settled = new SettledWallClock(options.clock)
    this.#trimmer = new HistoryTrimmer({
      journal: options.journal,
      // Hiding history that is too old is undone when a clock steps back; deleting it is not.
      bounds: () => this.#bounds(settled.now()),
    })
  }

  /** See `AgentRegistryRepository.eventsSince`. */
  async since(
    revision: number,
    limit: number,
    { signal }: ReadOptions = {},
  ): Promise<readonly Transition[]> {
    const bounds = this.#bounds()
    const newest = bounds.lastVisible
    const isAhead = revision > newest
    const within = { ...bounds, signal }
    const page = await this.#journal.eventsSince(isAhead ? 0 : revision, limit, within)
    const oldest = Math.max(page.oldest ?? newest + 1, bounds.firstKept)
    if (revision < oldest - 1 || isAhead) throw revisionGone(revision, { oldest, newest })
    return page.transitions
  }

  /** See `AgentRegistryRepository.historyOf`. */
  async of(agentId: string, options: HistoryOptions): Promise<readonly Transition[]> {
    const { limit = 100, before = Number.MAX_SAFE_INTEGER, signal } = options
    return this.#journal.historyOf(agentId, { limit, before }, { ...this.#bounds(), signal })
  }

  /** Stops trimming in the background. */
  close(): Promise<void> {
    return this.#trimmer.close()
  }

  #bounds(now = this.#wallNow()): HistoryBounds {
    return {
      firstKept: Math.max(1, this.#newest() - this.#limit + 1),
      notBeforeMs: now - this.#maxAgeMs,
      lastVisible: this.#newest(),
    }
  }

  #wallNow(): number {
    return this.#clock.beatToWall(this.#clock.toBeat(this.#clock.now()))
  }
}
