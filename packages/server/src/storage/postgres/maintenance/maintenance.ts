import type { Caller } from '../../../domain/caller.ts'
import type { MaintenanceDecision, MaintenanceEntry } from '../../../domain/maintenance.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import type { TransitionWriter } from '../transitions/transition-writer.ts'
import type { EntriesCache } from './entries-cache.ts'
import { laggingAgents } from './lagging-agents.ts'
import { finished, type UnfinishedChange, unfinishedChanges } from './unfinished-changes.ts'

const SET = {
  name: 'set_maintenance',
  text: 'SELECT since FROM rollcall.set_maintenance($1, $2, $3, $4) AS since',
}
const END = {
  name: 'end_maintenance',
  text: 'SELECT ended FROM rollcall.end_maintenance($1) AS ended',
}

/**
 * The maintenance of a registry in PostgreSQL. An entry is committed first, and in force for every commit from then on,
 * on all nodes. The agents that are there follow batch by batch; if the node dies meanwhile, `ChangeCompletion`
 * continues.
 */
export class PostgresMaintenance {
  readonly #database: PostgresDatabase
  readonly #entries: EntriesCache
  readonly #transitions: Pick<TransitionWriter, 'write'>
  #isClosed = false

  constructor(options: {
    database: PostgresDatabase
    entries: EntriesCache
    transitions: Pick<TransitionWriter, 'write'>
  }) {
    this.#database = options.database
    this.#entries = options.entries
    this.#transitions = options.transitions
  }

  /** See `AgentRegistryRepository.maintenance`. */
  async all(): Promise<MaintenanceEntry[]> {
    return (await this.#entries.read()).entries.all()
  }

  /** See `AgentRegistryRepository.setMaintenance`. */
  async set(
    pattern: string,
    { reason, by }: MaintenanceDecision,
    caller?: Caller,
  ): Promise<MaintenanceEntry> {
    const now = await this.#database.now()
    const values = [now, pattern, reason, by]
    const [row] = await this.#database.write<{ since: string }>(SET, values)
    await this.#finish(pattern, caller)
    return { pattern, reason, sinceMs: Number(row?.since), by }
  }

  /** See `AgentRegistryRepository.endMaintenance`. */
  async end(pattern: string, caller?: Caller): Promise<boolean> {
    const [row] = await this.#database.write<{ ended: boolean }>(END, [pattern])
    await this.#finish(pattern, caller)
    return row?.ended === true
  }

  /** Ends what is running between two batches. */
  close(): void {
    this.#isClosed = true
  }

  async #finish(pattern: string, caller: Caller | undefined): Promise<void> {
    try {
      const change = (await unfinishedChanges(this.#database)).find((it) => it.pattern === pattern)
      if (change) await this.#makeAgentsFollow(change, caller)
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new RegistryError(
        'OUTCOME_UNKNOWN',
        `the change is stored, but not every agent shows it yet: ${why}`,
        { cause },
      )
    }
  }

  async #makeAgentsFollow({ pattern, version }: UnfinishedChange, caller?: Caller): Promise<void> {
    const { entries } = await this.#entries.at(version)
    for (let after: string | undefined; ; ) {
      if (this.#isClosed) throw new RegistryError('CLOSED', 'the registry is closed')
      const page = await laggingAgents(this.#database, { pattern, after, entries })
      const intents = page.agentIds.map(
        (agentId) => ({ event: 'maintain', agentId, caller }) as const,
      )
      if (intents.length > 0) await this.#transitions.write(intents)
      if (page.after === undefined) break
      after = page.after
    }
    await finished(this.#database, { pattern, version })
  }
}
