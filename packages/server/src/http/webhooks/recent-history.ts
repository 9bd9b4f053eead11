import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { currentBranch } from '../../domain/branch.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import type { Transition } from '../../domain/transition.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'

type Source = Pick<AgentRegistryRepository, 'counts' | 'eventsSince' | 'subscribe'>

/**
 * The history as webhooks read it: its newest transitions are in memory, once for all of them, so that each change is not
 * one read of the store for each webhook.
 */
export class RecentHistory {
  readonly #source: Source
  readonly #waiting = new Set<() => void>()
  readonly #unsubscribe: () => void
  /** Consecutive revisions, oldest first. */
  #transitions: Transition[] = []
  #newest = 0
  #branch: string | undefined
  #counts: ReturnType<Source['counts']> | undefined

  constructor(source: Source) {
    this.#source = source
    this.#unsubscribe = source.subscribe(
      (transitions, branch) => this.#add(transitions, branch),
      (history) => this.#replace(history),
    )
  }

  /** The revision of the last transition. */
  get newest(): number {
    return this.#newest
  }

  /** Returns where the history is; only its branches are always current. */
  counts(): ReturnType<Source['counts']> {
    this.#counts ??= this.#read()
    return this.#counts
  }

  /** Returns where the history is now. */
  async now(): ReturnType<Source['counts']> {
    return this.#observe(await this.#source.counts())
  }

  /** As `AgentRegistryRepository.eventsSince`. */
  async eventsSince(...query: Parameters<Source['eventsSince']>): Promise<readonly Transition[]> {
    const [revision, limit = 1000] = query
    const oldest = this.#transitions[0]?.revision ?? 0
    const from = revision + 1 - oldest
    // Of a shared store, this node may not have observed the newest ones yet.
    const isHere = from >= 0 && from < this.#transitions.length
    if (!isHere) return this.#source.eventsSince(...query)
    return this.#transitions.slice(from, from + limit)
  }

  /** Resolves once there is more than a revision, or when the signal is aborted. */
  changed(revision: number, signal: AbortSignal): Promise<void> {
    if (this.#newest !== revision || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        this.#waiting.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.#waiting.add(done)
      signal.addEventListener('abort', done, { once: true })
    })
  }

  close(): void {
    this.#unsubscribe()
    this.#wake()
  }

  async #read(): ReturnType<Source['counts']> {
    try {
      return await this.now()
    } catch (error) {
      this.#counts = undefined
      throw error
    }
  }

  #observe<Position extends HistoryPosition>(position: Position): Position {
    this.#branch ??= currentBranch(position)
    this.#newest = Math.max(this.#newest, position.revision)
    return position
  }

  #add(transitions: readonly Transition[], branch: string | undefined): void {
    const [first] = transitions
    if (first === undefined) return
    if (branch !== undefined && branch !== this.#branch) {
      this.#branch = branch
      this.#counts = undefined
    }
    const last = this.#transitions.at(-1)
    if (last !== undefined && first.revision !== last.revision + 1) this.#transitions = []
    for (const transition of transitions) this.#transitions.push(transition)
    const limit = SERVER_LIMITS.webhookRecentEvents.value
    if (this.#transitions.length > limit) this.#transitions = this.#transitions.slice(-limit)
    this.#newest = transitions.at(-1)?.revision ?? this.#newest
    this.#wake()
  }

  #replace(history: HistoryPosition): void {
    this.#transitions = []
    this.#counts = undefined
    this.#branch = currentBranch(history)
    this.#newest = history.revision
    this.#wake()
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done()
  }
}
