import { existsSync, statSync } from 'node:fs'
import { withoutPassword } from '@rollcall/protocol'
import type { AgentRecord } from '../domain/agent-record.ts'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { Clock } from '../domain/clock.ts'
import { isRegistryError, RegistryError } from '../domain/registry-error.ts'
import type { PostgresImport } from './postgres/import.ts'
import { SqliteAgentRegistryRepository } from './sqlite/repository.ts'
import { parseStorageUrl } from './storage-url.ts'

/** Progress of a copy. */
export interface CopyProgress {
  /** What is being copied. */
  readonly what: 'agents' | 'transitions'
  /** How many have been copied. */
  readonly done: number
  /** How many there are in total. */
  readonly total: number
}

/** The result of a copy. */
export interface CopyResult {
  /** Agents copied, dead or alive. */
  readonly agents: number
  /** Agents among them with a running lease. */
  readonly alive: number
  /** Transitions of the history copied. */
  readonly transitions: number
}

/** Options of a copy. */
export interface CopyOptions {
  /** URL of the source file: `sqlite:///…`. It must not be in use during the copy. */
  readonly from: string
  /** URL of an empty PostgreSQL store. */
  readonly to: string
  /** Target schema; default `rollcall`. */
  readonly schema?: string | undefined
  /** Called after each page. */
  readonly progress?: ((progress: CopyProgress) => void) | undefined
}

/** Agents or transitions per statement. */
const PAGE = 1000

/** Large enough to keep the whole history, small enough to stay a safe integer. */
const NO_LIMIT = 2 ** 40

/**
 * Copies a registry to PostgreSQL: the agents with the remaining time of their leases, and the history,
 * which continues there. The copy is atomic. The source does not change, except that lapsed leases
 * expire, as a restart would do too.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function copyRegistry(options: CopyOptions): Promise<CopyResult> {
  if (parseStorageUrl(options.to).kind !== 'postgres') {
    throw unusable('the target must be a postgres:// URL')
  }
  const path = requireFile(options.from)
  const { PostgresImport } = await import('./postgres/import.ts')
  const stoppedAtMs = Date.now()
  await using source = await SqliteAgentRegistryRepository.open(path, {
    clock: frozenClock(stoppedAtMs),
    // A minimal grace keeps alive what was alive at a crash. All leases keep their remaining time: the
    // first node on the target grants the restart grace that is configured there.
    restartGraceSeconds: 0.001,
    // What has lapsed is copied as expired.
    brakeFraction: 0,
    historyLimit: NO_LIMIT,
    historyMaxAgeSeconds: NO_LIMIT,
  })
  // The expiry of every dead agent must be in the history that is copied.
  while ((await source.expireLapsed()).more) await new Promise(setImmediate)
  const target = await PostgresImport.begin(options.to, options.schema)
  try {
    const { epoch, revision } = await source.counts()
    const { agents, alive } = await copyAgents(source, target, { stoppedAtMs, ...options })
    const transitions = await copyHistory(source, target, { revision, ...options })
    await target.finish({ epoch, revision })
    return { agents, alive, transitions }
  } finally {
    await target.close()
  }
}

async function copyAgents(
  source: AgentRegistryRepository,
  target: PostgresImport,
  { stoppedAtMs, progress }: Pick<CopyOptions, 'progress'> & { stoppedAtMs: number },
): Promise<{ agents: number; alive: number }> {
  const { registered } = await source.counts()
  let copied = 0
  let alive = 0
  let page: AgentRecord[] = []
  const flush = async (): Promise<void> => {
    await target.addAgents(page, stoppedAtMs)
    copied += page.length
    alive += page.filter((agent) => agent.alive).length
    page = []
    progress?.({ what: 'agents', done: copied, total: registered })
  }
  for await (const agents of source.listAll({ includeDead: true, aliveBy: 'transitions' })) {
    page.push(...agents)
    if (page.length >= PAGE) await flush()
  }
  await flush()
  return { agents: copied, alive }
}

async function copyHistory(
  source: AgentRegistryRepository,
  target: PostgresImport,
  { revision, progress }: Pick<CopyOptions, 'progress'> & { revision: number },
): Promise<number> {
  const start = await revisionBeforeHistory(source)
  const total = revision - start
  let transitions = 0
  for (let at = start; at < revision; ) {
    const page = await source.eventsSince(at, PAGE)
    const last = page.at(-1)
    if (last === undefined) break
    await target.addTransitions(page)
    at = last.revision
    transitions += page.length
    progress?.({ what: 'transitions', done: transitions, total })
  }
  return transitions
}

/** Returns the revision before the oldest transition kept. */
async function revisionBeforeHistory(source: AgentRegistryRepository): Promise<number> {
  try {
    await source.eventsSince(0, 1)
    return 0
  } catch (error) {
    if (!isRegistryError(error, 'REVISION_GONE')) throw error
    return (error.oldestRevision ?? 1) - 1
  }
}

/** Returns the path of an existing file: opening a missing one would create it. */
function requireFile(from: string): string {
  const source = parseStorageUrl(from)
  if (source.kind !== 'sqlite' || source.path === ':memory:') {
    throw unusable(
      `${withoutPassword(from)} is not a registry file: use sqlite:///relative.db or ` +
        'sqlite:////absolute.db',
    )
  }
  const { path } = source
  if (!existsSync(path)) throw unusable(`${path} does not exist: check the path`)
  if (statSync(path).size === 0 && !existsSync(`${path}-wal`)) {
    throw unusable(`${path} is empty: there is nothing to copy`)
  }
  return path
}

/** A clock that stands still: however long the copy takes, no lease loses time or lapses. */
function frozenClock(wallMs: number): Clock {
  return { monotonicMs: () => 0, wallMs: () => wallMs }
}

function unusable(message: string): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', message)
}
