import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../domain/clock.ts'
import { isRegistryError } from '../../domain/registry-error.ts'
import type { Transition } from '../../domain/transition.ts'
import { backUpFile } from '../sqlite/backup/backup.ts'
import { requireRegistryFile } from '../sqlite/backup/registry-file.ts'
import { SqliteAgentRegistryRepository } from '../sqlite/repository.ts'
import type { CopiedAgent, RegistrySnapshot, SnapshotPosition } from './registry-snapshot.ts'

/** Transitions per read. */
const PAGE = 1000
/** Large enough to keep the whole history, small enough to stay a safe integer. */
const NO_LIMIT = 2 ** 40

/** A registry file, which no other process can open meanwhile. */
export class SqliteSnapshot implements RegistrySnapshot {
  readonly position: SnapshotPosition
  readonly #source: SqliteAgentRegistryRepository
  readonly #close: () => void

  private constructor(
    source: SqliteAgentRegistryRepository,
    options: { position: SnapshotPosition; close: () => void },
  ) {
    this.#source = source
    this.position = options.position
    this.#close = options.close
  }

  /**
   * Opens a file that no registry is using. Lapsed leases expire, as after a restart.
   *
   * @throws RegistryError `STORAGE_UNUSABLE`
   */
  static async open(path: string, close = () => {}): Promise<SqliteSnapshot> {
    requireRegistryFile(path)
    const atMs = Date.now()
    const source = await SqliteAgentRegistryRepository.open(path, {
      clock: frozenClock(atMs),
      // A minimal grace keeps alive what was alive at a crash. All leases keep their remaining time: the
      // first node on the target grants the restart grace that is configured there.
      restartGraceSeconds: 0.001,
      historyLimit: NO_LIMIT,
      historyMaxAgeSeconds: NO_LIMIT,
    })
    // The expiry of every dead agent must be in the history that is copied.
    while ((await source.expireLapsed()).more) await new Promise(setImmediate)
    const { epoch, branches, revision, registered } = await source.counts()
    const transitions = revision - (await revisionBeforeHistory(source))
    const maintenance = await source.maintenance()
    const history = { epoch, branches, revision, transitions }
    const tokens = await source.tokens.list()
    const webhooks = await source.webhooks.list()
    const position = { ...history, atMs, agents: registered, maintenance, tokens, webhooks }
    return new SqliteSnapshot(source, { position, close })
  }

  /**
   * Opens a copy of a file, which a registry may be using. The file does not change.
   *
   * @throws RegistryError `STORAGE_UNUSABLE`
   */
  static async ofCopy(path: string): Promise<SqliteSnapshot> {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-export-'))
    const remove = (): void => rmSync(folder, { recursive: true, force: true })
    try {
      const copy = join(folder, 'registry.db')
      await backUpFile({ from: path, to: copy })
      return await SqliteSnapshot.open(copy, remove)
    } catch (error) {
      remove()
      throw error
    }
  }

  async *agents(): AsyncGenerator<readonly CopiedAgent[]> {
    for await (const page of this.#source.listAll({ includeDead: true, aliveBy: 'transitions' })) {
      const agents: CopiedAgent[] = []
      for (const agent of page) {
        const card = agent.card ? await this.#source.card(agent.agentId) : undefined
        agents.push({ agent, card })
      }
      yield agents
    }
  }

  async *transitions(): AsyncGenerator<readonly Transition[]> {
    const { revision, transitions } = this.position
    for (let at = revision - transitions; at < revision; ) {
      const page = await this.#source.eventsSince(at, PAGE)
      yield page
      at = page.at(-1)?.revision ?? revision
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#source.close()
    this.#close()
  }
}

/** Returns the revision before the oldest transition kept. */
async function revisionBeforeHistory(source: SqliteAgentRegistryRepository): Promise<number> {
  try {
    await source.eventsSince(0, 1)
    return 0
  } catch (error) {
    if (!isRegistryError(error, 'REVISION_GONE')) throw error
    return (error.oldestRevision ?? 1) - 1
  }
}

/** A clock that stands still: however long the copy takes, no lease loses time or lapses. */
function frozenClock(wallMs: number): Clock {
  return { monotonicMs: () => 0, wallMs: () => wallMs }
}
