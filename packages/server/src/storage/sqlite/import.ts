import { existsSync } from 'node:fs'
import type { Statement } from 'better-sqlite3'
import type { AgentRecord } from '../../domain/agent-record.ts'
import { branchesOf } from '../../domain/branch.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { later, leaseTime } from '../../domain/time-scales.ts'
import type { Transition } from '../../domain/transition.ts'
import { toImportedLease } from '../copy/imported-lease.ts'
import type { CopiedAgent, RegistryTarget, SnapshotPosition } from '../copy/registry-snapshot.ts'
import { LeaseClock } from '../live/lease-clock.ts'
import { encodePreviousState } from '../previous-state.ts'
import { removeDatabase } from './backup/partial-file.ts'
import { type OwnedDatabase, openDatabase } from './file/open-database.ts'
import { realPath } from './file/real-path.ts'
import { writeBranches } from './schema/branches.ts'
import { CardTable } from './schema/cards.ts'
import type { SqlValue } from './schema/columns.ts'
import { writeMaintenance } from './schema/maintenance.ts'
import { toRow } from './schema/rows.ts'
import { prepareInsertTransition, prepareUpsertAgent } from './schema/statements.ts'

/** Imports a registry into an empty file. Runs in one transaction: nothing is visible before {@link finish}. */
export class SqliteImport implements RegistryTarget {
  readonly #path: string
  readonly #file: OwnedDatabase
  readonly #isNew: boolean
  readonly #upsertAgent: Statement
  readonly #insertTransition: Statement
  readonly #cards: CardTable
  readonly #wallMs: number
  readonly #clock: LeaseClock
  #isFinished = false

  private constructor(path: string, file: OwnedDatabase, isNew: boolean) {
    this.#path = path
    this.#file = file
    this.#isNew = isNew
    this.#upsertAgent = prepareUpsertAgent(file.db)
    this.#cards = new CardTable(file.db)
    this.#insertTransition = prepareInsertTransition(file.db)
    const wallMs = Date.now()
    this.#wallMs = wallMs
    // Lease time stands still until the first registry starts on the file.
    this.#clock = new LeaseClock({
      clock: { monotonicMs: () => 0, wallMs: () => wallMs },
      resumeAt: leaseTime(wallMs),
    })
  }

  /** @throws RegistryError `STORAGE_UNUSABLE` when the file cannot be used, or is not empty */
  static begin(name: string): SqliteImport {
    const path = realPath(name)
    const isNew = !existsSync(path)
    const file = open(path)
    const { db } = file
    const { revision, agents } = db
      .prepare('SELECT revision, (SELECT count(*) FROM agents) AS agents FROM registry')
      .get() as { revision: number; agents: number }
    if (revision > 0 || agents > 0) {
      file.close()
      throw unusable(`${path} already contains a registry. Use another file`)
    }
    db.exec('BEGIN IMMEDIATE')
    return new SqliteImport(path, file, isNew)
  }

  async addAgents(agents: readonly CopiedAgent[], atMs: number): Promise<void> {
    const now = this.#clock.now()
    for (const { agent, card } of agents) {
      const deadline = later(now, agent.expiresAtMs - atMs)
      this.#run(() => this.#upsertAgent.run(this.#toRow(agent, deadline)))
      if (card !== undefined) this.#run(() => this.#cards.write([[agent.agentId, card]]))
    }
  }

  async addTransitions(transitions: readonly Transition[]): Promise<void> {
    const now = this.#clock.now()
    for (const it of transitions) {
      const deadline = later(now, it.agent.expiresAtMs - this.#wallMs)
      const row = this.#toRow(it.agent, deadline)
      const cells = [
        it.revision,
        it.type,
        it.atMs,
        it.reason,
        it.actor,
        encodePreviousState(it),
        ...row,
      ]
      this.#run(() => this.#insertTransition.run(cells))
    }
  }

  async finish(history: SnapshotPosition): Promise<void> {
    const { epoch, revision } = history
    this.#run(() => {
      writeBranches(this.#file.db, branchesOf(history))
      for (const entry of history.maintenance) {
        writeMaintenance(this.#file.db, { pattern: entry.pattern, entry })
      }
      this.#file.db
        .prepare(
          'UPDATE registry SET epoch = ?, revision = ?, lease_now = ?, heartbeats_saved_to = ?',
        )
        .run(epoch, revision, this.#clock.now(), this.#clock.now())
      this.#file.db.exec('COMMIT')
    })
    this.#isFinished = true
  }

  async close(): Promise<void> {
    if (this.#isFinished) return this.#file.close()
    if (this.#file.db.inTransaction) this.#file.db.exec('ROLLBACK')
    if (!this.#isNew) return this.#file.close()
    this.#file.discard()
    removeDatabase(this.#path)
  }

  #toRow(agent: AgentRecord, deadline: ReturnType<typeof leaseTime>): readonly SqlValue[] {
    const heartbeatMs = Math.min(agent.lastHeartbeatMs, this.#wallMs)
    const lastBeat = this.#clock.wallToBeat(heartbeatMs)
    return toRow(toImportedLease(agent, { lastBeat, deadline }), this.#clock)
  }

  #run(work: () => void): void {
    try {
      work()
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw unusable(`${this.#path} cannot be written: ${reason}. Nothing was imported`, cause)
    }
  }
}

function open(path: string): OwnedDatabase {
  try {
    return openDatabase(path)
  } catch (cause) {
    throw unusable(cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function unusable(message: string, cause?: unknown): RegistryError {
  return new RegistryError('STORAGE_UNUSABLE', message, cause === undefined ? {} : { cause })
}
