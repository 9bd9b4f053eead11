import { existsSync, statSync } from 'node:fs'
import { withoutPassword } from '@rollcall/protocol'
import type { AgentRecord } from '../domain/agent-record.ts'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { Clock } from '../domain/clock.ts'
import { isRegistryError, RegistryError } from '../domain/registry-error.ts'
import type { PostgresImport } from './postgres/import.ts'
import { SqliteAgentRegistryRepository } from './sqlite/repository.ts'
import { parseStorageUrl } from './storage-url.ts'

/** How far a copy has come. */
export interface CopyProgress {
  /** What is being copied. */
  readonly what: 'agents' | 'transitions'
  /** How many of them are there. */
  readonly done: number
  /** How many there will be. */
  readonly total: number
}

/** What was copied. */
export interface CopyResult {
  /** Dead or alive. */
  readonly agents: number
  /** Those whose lease runs. */
  readonly alive: number
  /** Of the history. */
  readonly transitions: number
}

/** How a registry is copied. */
export interface CopyOptions {
  /** URL of a registry's file: `sqlite:///…`. Nobody else may use it meanwhile. */
  readonly from: string
  /** URL of an empty store in PostgreSQL. */
  readonly to: string
  /** The schema there; default `rollcall`. */
  readonly schema?: string | undefined
  /** Called after each page. */
  readonly progress?: ((progress: CopyProgress) => void) | undefined
}

/** Agents and transitions that go into one statement. */
const PAGE = 1000

/** Enough to keep all history that there is, and to stay within whole numbers. */
const NO_LIMIT = 2 ** 40

/**
 * Copies a registry into PostgreSQL: agents with the time that their leases have left, and the
 * history, which goes on there. It happens whole or not at all, and the source stays as it is,
 * but for what a restart would have written too: that leases have lapsed.
 *
 * @throws RegistryError `STORAGE_UNUSABLE`
 */
export async function copyRegistry(options: CopyOptions): Promise<CopyResult> {
  if (parseStorageUrl(options.to).kind !== 'postgres') {
    throw unusable('a registry can be moved to postgres://… only')
  }
  const path = requireFile(options.from)
  const { PostgresImport } = await import('./postgres/import.ts')
  const stoppedAtMs = Date.now()
  await using source = await SqliteAgentRegistryRepository.open(path, {
    clock: stoppedClock(stoppedAtMs),
    // What a crash left without the time to lapse in is alive. The rest has what it had left: the
    // first node there gives the grace of a restart, as long as it is set to.
    restartGraceSeconds: 0.001,
    historyLimit: NO_LIMIT,
    historyMaxAgeSeconds: NO_LIMIT,
  })
  // Whoever is dead by now is to be told of, there as here.
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
  let agents = 0
  let alive = 0
  let waiting: AgentRecord[] = []
  const addWaiting = async (): Promise<void> => {
    await target.addAgents(waiting, stoppedAtMs)
    agents += waiting.length
    alive += waiting.filter((agent) => agent.alive).length
    waiting = []
    progress?.({ what: 'agents', done: agents, total: registered })
  }
  for await (const page of source.listAll({ includeDead: true, aliveBy: 'transitions' })) {
    waiting.push(...page)
    if (waiting.length >= PAGE) await addWaiting()
  }
  await addWaiting()
  return { agents, alive }
}

async function copyHistory(
  source: AgentRegistryRepository,
  target: PostgresImport,
  { revision, progress }: Pick<CopyOptions, 'progress'> & { revision: number },
): Promise<number> {
  const beginning = await beginningOf(source)
  const total = revision - beginning
  let transitions = 0
  for (let at = beginning; at < revision; ) {
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

/** The path of a file that is there: to open one that is not would make it. */
function requireFile(from: string): string {
  const source = parseStorageUrl(from)
  if (source.kind !== 'sqlite' || source.path === ':memory:') {
    throw unusable(
      `${withoutPassword(from)} is no file of a registry: name one as sqlite:///relative.db or ` +
        'sqlite:////absolute.db',
    )
  }
  const { path } = source
  if (!existsSync(path)) throw unusable(`${path} is not there: is the path right?`)
  if (statSync(path).size === 0 && !existsSync(`${path}-wal`)) {
    throw unusable(`${path} is empty: there is nothing to move`)
  }
  return path
}

/** Time stands still: however long the copy takes, no lease has less left, and none lapses. */
function stoppedClock(wallMs: number): Clock {
  return { monotonicMs: () => 0, wallMs: () => wallMs }
}

function unusable(message: string): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', message)
}
