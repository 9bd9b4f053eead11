import type { Caller } from '../../../domain/caller.ts'
import type { Intent } from '../../../domain/intent.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { CLEANUP_LIMIT, expiredAgents } from '../reads/agent-reads.ts'
import type { Outcome } from '../transitions/transition-writer.ts'

/** Removes all expired agents. Concurrent calls run one after the other. */
export class ExpiredCleanup {
  readonly #database: PostgresDatabase
  readonly #sweep: () => Promise<{ more: boolean }>
  readonly #write: (intents: readonly Intent[]) => Promise<Outcome>
  #last: Promise<unknown> = Promise.resolve()

  /**
   * @param options.sweep expires some of the lapsed leases
   * @param options.write writes intents
   */
  constructor(options: {
    database: PostgresDatabase
    sweep: () => Promise<{ more: boolean }>
    write: (intents: readonly Intent[]) => Promise<Outcome>
  }) {
    this.#database = options.database
    this.#sweep = options.sweep
    this.#write = options.write
  }

  /** Resolves with the number of removed agents. */
  run(caller?: Caller): Promise<number> {
    const removed = this.#last.then(() => this.#removeAll(caller))
    this.#last = removed.catch(() => undefined)
    return removed
  }

  async #removeAll(caller: Caller | undefined): Promise<number> {
    while ((await this.#sweep()).more) await new Promise(setImmediate)
    for (let removed = 0; ; ) {
      const expired = await expiredAgents(this.#database)
      if (expired.length === 0) return removed
      const { leases } = await this.#write(
        expired.map((agentId) => ({ event: 'cleanup', agentId, caller })),
      )
      const count = leases.filter((lease) => lease !== undefined).length
      removed += count
      // Fewer than found: another node is cleaning up too.
      if (count < CLEANUP_LIMIT) return removed
    }
  }
}
