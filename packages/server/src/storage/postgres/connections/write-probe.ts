import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { MIGRATIONS } from '../schema/migrations/index.ts'
import type { PostgresDatabase } from './database.ts'
import { isBlocked, reasonOf, unavailable } from './errors.ts'

/** Milliseconds for which a result is good: nobody asks the database more often. */
const REUSE_MS = 1000
const TIMEOUT_MS = SERVER_LIMITS.postgresProbeMs.value

// The lock that every registration takes. Nothing is written, so nobody waits for a disk or a
// replica while it is held.
const LOCK = {
  name: 'probe_lock',
  text: `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
    SELECT r.revision FROM quick, rollcall.registry r FOR NO KEY UPDATE OF r`,
  timeoutMs: TIMEOUT_MS,
}
// A row of its own: nothing else waits for it while a replica is waited for.
const WRITE = {
  name: 'probe_write',
  text: `UPDATE rollcall.probe SET probes = probes + 1
    RETURNING (SELECT max(m.version) FROM rollcall.migrations m) AS version`,
  timeoutMs: TIMEOUT_MS,
}

/**
 * Finds out whether the database takes registrations, the way these go: takes their lock, and writes
 * a row that waits for what they wait for. Once a second at most, for all who ask; and knows until
 * when it is useless to try.
 */
export class WriteProbe {
  readonly #database: PostgresDatabase
  #running: { readonly startedAt: number; readonly end: Promise<void> } | undefined
  #last: { readonly endedAt: number; readonly error: RegistryError | undefined } | undefined
  #blocked: RegistryError | undefined
  #upgraded: RegistryError | undefined
  readonly #onRefusal = new Set<() => void>()

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  /**
   * Resolves when the database takes writes.
   *
   * @throws RegistryError `STORAGE_UNAVAILABLE`; within two seconds
   */
  async check(): Promise<void> {
    if (!this.#isKnown) await this.#wait()
    const error = this.refusal ?? this.#last?.error
    if (error) throw error
  }

  /** Why changes are not even tried; undefined: they are. A probe that works clears it. */
  get refusal(): RegistryError | undefined {
    return this.#upgraded ?? this.#blocked
  }

  /** Whether changes wait for something that may last: a lock, a replica, the database itself. */
  get isBlocked(): boolean {
    return this.#blocked !== undefined
  }

  /** Calls a function whenever there is a refusal for what waits. */
  onRefusal(call: () => void): void {
    this.#onRefusal.add(call)
  }

  /**
   * Finds out whether what kept a change from being written keeps all of them. Resolves when that is
   * known, within two seconds.
   */
  async confirm(error: unknown): Promise<void> {
    if (isBlocked(error)) await this.#wait().catch(() => undefined)
  }

  /** Resolves when nothing is asked any more. */
  async close(): Promise<void> {
    await this.#running?.end
  }

  /** Whether the last result still holds; that all was well does not, once a statement found no database. */
  get #isKnown(): boolean {
    if (this.#last === undefined || performance.now() - this.#last.endedAt >= REUSE_MS) return false
    return this.#last.error !== undefined || !this.#database.writes.isAway
  }

  async #wait(): Promise<void> {
    const { startedAt, end } = this.#run()
    const { promise: tooLate, resolve } = Promise.withResolvers<boolean>()
    const waitMs = Math.max(0, startedAt + TIMEOUT_MS - performance.now())
    const timer = setTimeout(() => resolve(true), waitMs)
    const isLate = await Promise.race([end.then(() => false), tooLate])
    clearTimeout(timer)
    if (!isLate) return
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10
    this.#blocked = blockedBy(`a write of a single row has taken ${seconds} s so far`)
    this.#tellRefusal()
    throw this.#blocked
  }

  #run(): { startedAt: number; end: Promise<void> } {
    if (this.#running) return this.#running
    const end = this.#ask().then((error) => {
      this.#running = undefined
      this.#last = { endedAt: performance.now(), error }
      this.#settle(error)
    })
    this.#running = { startedAt: performance.now(), end }
    return this.#running
  }

  /** Of other errors, such as a database that is away, each change is told by itself. */
  #settle(error: RegistryError | undefined): void {
    this.#blocked = error && isBlocked(error) ? blockedBy(reasonOf(error), error) : undefined
    this.#tellRefusal()
  }

  #tellRefusal(): void {
    if (this.refusal) for (const call of this.#onRefusal) call()
  }

  async #ask(): Promise<RegistryError | undefined> {
    try {
      await this.#database.write(LOCK)
      const [row] = await this.#database.write<{ version: number | null }>(WRITE)
      this.#upgraded = upgradedTo(row?.version ?? 0)
      return this.#upgraded
    } catch (error) {
      return unavailable(error)
    }
  }
}

function upgradedTo(version: number): RegistryError | undefined {
  const known = MIGRATIONS.length
  if (version <= known) return undefined
  return new RegistryError(
    'STORAGE_UNAVAILABLE',
    `the schema was upgraded to version ${version} by another node, and this one knows ${known}: ` +
      'upgrade it. Until then it takes heartbeats and answers reads, and changes nothing',
  )
}

/** Of changes that are not even sent, and of readiness. */
function blockedBy(reason: string, cause?: unknown): RegistryError {
  const message =
    `writes wait for a lock, for a synchronous replica or for the database itself, so nothing is ` +
    `changed: ${reason}`
  return new RegistryError('STORAGE_UNAVAILABLE', message, cause === undefined ? {} : { cause })
}
