import type { PostgresDatabase } from '../connections/database.ts'
import type { TransitionWriter } from '../transitions/transition-writer.ts'
import type { EntriesCache } from './entries-cache.ts'
import { laggingAgents } from './lagging-agents.ts'
import { finished, type UnfinishedChange, unfinishedChanges } from './unfinished-changes.ts'

/** How far the agents of a change follow. */
interface Progress {
  readonly version: string
  /** Agents up to this id follow; undefined: none has been looked at. */
  readonly after: string | undefined
  /** The first agent behind it that lags; null: none does; undefined: not looked for yet. */
  readonly firstLagging: string | null | undefined
  /** No node goes on with the change, so this one does. */
  readonly isOurs: boolean
}

/**
 * Completes changes of maintenance whose node has died. A change of which the same agent is the next to follow in
 * two looks is left: otherwise, its node is still going on, and a second one would only be in its way.
 */
export class ChangeCompletion {
  readonly #database: PostgresDatabase
  readonly #entries: EntriesCache
  readonly #transitions: Pick<TransitionWriter, 'write'>
  /** By pattern. */
  #progress = new Map<string, Progress>()

  constructor(parts: {
    database: PostgresDatabase
    entries: EntriesCache
    transitions: Pick<TransitionWriter, 'write'>
  }) {
    this.#database = parts.database
    this.#entries = parts.entries
    this.#transitions = parts.transitions
  }

  /** Looks at a page of the agents of each change. Returns whether there is more to do at once. */
  async continue(): Promise<boolean> {
    const changes = await unfinishedChanges(this.#database)
    const known = this.#progress
    this.#progress = new Map()
    let hasMore = false
    for (const change of changes) {
      const before = known.get(change.pattern)
      const after = await this.#continueWith(
        change,
        before?.version === change.version ? before : undefined,
      )
      if (after === undefined) continue
      this.#progress.set(change.pattern, after)
      hasMore ||= after.firstLagging === undefined
    }
    return hasMore
  }

  /** Returns how far the change is now; undefined: it is finished. */
  async #continueWith(
    { pattern, version }: UnfinishedChange,
    before: Progress | undefined,
  ): Promise<Progress | undefined> {
    const { entries } = await this.#entries.at(version)
    const from = before?.after
    const page = await laggingAgents(this.#database, { pattern, after: from, entries })
    const isEnd = page.after === undefined
    const [firstLagging = null] = page.agentIds
    const next = {
      version,
      after: page.after,
      firstLagging: undefined,
      isOurs: before?.isOurs ?? false,
    }
    if (firstLagging === null && !isEnd) return next
    const isOurs = next.isOurs || before?.firstLagging === firstLagging
    if (!isOurs) return { version, after: from, firstLagging, isOurs }
    const intents = page.agentIds.map((agentId) => ({ event: 'maintain', agentId }) as const)
    if (intents.length > 0) await this.#transitions.write(intents)
    if (!isEnd) return { ...next, isOurs }
    await finished(this.#database, { pattern, version })
    return undefined
  }
}
