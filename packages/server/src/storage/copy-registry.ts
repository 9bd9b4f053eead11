import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { isRegistryError, RegistryError } from '../domain/registry-error.ts'
import { createStorageBackend } from './create-storage-backend.ts'
import { parseStorageUrl } from './storage-url.ts'

/** How far a copy has come. */
export interface CopyProgress {
  /** What is being copied. */
  readonly what: 'agents' | 'transitions'
  readonly done: number
  readonly total: number
}

/** What was copied. */
export interface CopyResult {
  readonly agents: number
  readonly alive: number
  readonly transitions: number
}

/** How a registry is copied. */
export interface CopyOptions {
  /** URL of the store that is read. Nobody else may use it meanwhile. */
  readonly from: string
  /** URL of an empty store in PostgreSQL. */
  readonly to: string
  /** The schema there; default `rollcall`. */
  readonly schema?: string | undefined
  /** Called after each page. */
  readonly progress?: ((progress: CopyProgress) => void) | undefined
}

const HISTORY_PAGE = 1000

/**
 * Copies a registry into PostgreSQL: agents with the time that their leases have left, and the
 * history, which goes on there. It happens whole or not at all, and the source stays as it is.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function copyRegistry(options: CopyOptions): Promise<CopyResult> {
  if (parseStorageUrl(options.to).kind !== 'postgres') {
    throw new RegistryError('STORAGE_UNUSABLE', 'a registry can be moved to postgres://… only')
  }
  const { PostgresImport } = await import('./postgres/postgres-import.ts')
  await using source = await createStorageBackend(options.from)
  // Whoever is dead by now is to be told of, there as here.
  while ((await source.expireLapsed()).more) await new Promise(setImmediate)
  const target = await PostgresImport.begin(options.to, options.schema)
  try {
    const { registered, epoch, revision } = await source.counts()
    let agents = 0
    let alive = 0
    for await (const page of source.listAll({ includeDead: true, aliveBy: 'transitions' })) {
      await target.addAgents(page, Date.now())
      agents += page.length
      alive += page.filter((agent) => agent.alive).length
      options.progress?.({ what: 'agents', done: agents, total: registered })
    }
    let transitions = 0
    for (let at = await beginningOf(source); at < revision; ) {
      const page = await source.eventsSince(at, HISTORY_PAGE)
      const last = page.at(-1)
      if (last === undefined) break
      await target.addTransitions(page)
      at = last.revision
      transitions += page.length
      const total = transitions + revision - at
      options.progress?.({ what: 'transitions', done: transitions, total })
    }
    await target.finish({ epoch, revision })
    return { agents, alive, transitions }
  } finally {
    await target.close()
  }
}

/** The revision before the oldest transition that is kept. */
async function beginningOf(source: AgentRegistryRepository): Promise<number> {
  try {
    await source.eventsSince(0, 1)
    return 0
  } catch (error) {
    if (!isRegistryError(error, 'REVISION_GONE')) throw error
    return (error.oldestRevision ?? 1) - 1
  }
}
