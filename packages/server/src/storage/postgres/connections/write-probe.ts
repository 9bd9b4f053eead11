import { AGENT_DETAILS } from '@rollcall/protocol'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { MIGRATIONS } from '../schema/migrations/index.ts'
import type { PostgresDatabase } from './database.ts'
import { isBlocked, reasonOf, unavailable } from './errors.ts'

/** Milliseconds for which a result is reused: the database is not probed more often. */
const REUSE_MS = 1000
const TIMEOUT_MS = SERVER_LIMITS.postgresProbeMs.value

// The lock that every registration takes. Nothing is written, so it is not held while waiting for a disk
// or a replica.
const LOCK = {
  name: 'probe_lock',
  text: `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
    SELECT r.revision FROM quick, rollcall.registry r FOR NO KEY UPDATE OF r`,
  timeoutMs: TIMEOUT_MS,
}
// A separate row: no other statement waits for it while this one waits for a replica.
const WRITE = {
  name: 'probe_write',
  text: `UPDATE rollcall.probe SET probes = probes + 1
    RETURNING (SELECT max(m.version) FROM rollcall.migrations m) AS version,
      (SELECT f.details FROM rollcall.functions f) AS details`,
  timeoutMs: TIMEOUT_MS,
}

/**
 * Checks whether the database accepts registrations, the way they are written: takes their lock, and
 * writes a row that waits for the same things. Runs at most once a second, shared by all callers.
 * Refuses changes for as long as they cannot succeed.
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
   * Resolves when the database accepts writes.
   *
   * @throws RegistryError `STORAGE_UNAVAILABLE`; within two seconds
   */
  async check(): Promise<void> {
    if (!this.#isFresh) await this.#wait()
    const error = this.refusal ?? this.#last?.error
    if (error) throw error
  }

  /** Why changes are refused without trying; undefined: they are not. A successful probe clears it. */
  get refusal(): RegistryError | undefined {
    return this.#upgraded ?? this.#blocked
  }

  /** Whether changes wait for something that may last: a lock, a replica, the database itself. */
  get isBlocked(): boolean {
    return this.#blocked !== undefined
  }

  /** Registers a callback for each refusal, to fail waiting changes. */
  onRefusal(call: () => void): void {
    this.#onRefusal.add(call)
  }

  /**
   * Checks whether the failure of one change affects all of them. Resolves when that is known, within two
   * seconds.
   */
  async confirm(error: unknown): Promise<void> {
    if (isBlocked(error)) await this.#wait().catch(() => undefined)
  }

  /** Resolves when no probe is running. */
  async close(): Promise<void> {
    await this.#running?.end
  }

  /** Whether the last result is still valid; success is not once the database was unreachable. */
  get #isFresh(): boolean {
    if (this.#last === undefined || performance.now() - this.#last.endedAt >= REUSE_MS) return false
    return this.#last.error !== undefined || !this.#database.writes.isUnreachable
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
    this.#notifyRefusal()
    throw this.#blocked
  }

  #run(): { startedAt: number; end: Promise<void> } {
    if (this.#running) return this.#running
    const end = this.#probe().then((error) => {
      this.#running = undefined
      this.#last = { endedAt: performance.now(), error }
      this.#settle(error)
    })
    this.#running = { startedAt: performance.now(), end }
    return this.#running
  }

  /** For other errors, such as an unreachable database, each change fails by itself. */
  #settle(error: RegistryError | undefined): void {
    this.#blocked = error && isBlocked(error) ? blockedBy(reasonOf(error), error) : undefined
    this.#notifyRefusal()
  }

  #notifyRefusal(): void {
    if (this.refusal) for (const call of this.#onRefusal) call()
  }

  async #probe(): Promise<RegistryError | undefined> {
    try {
      await this.#database.write(LOCK)
      const [row] = await this.#database.write<ProbeRow>(WRITE)
      this.#upgraded = row && upgradeIn(row)
      return this.#upgraded
    } catch (error) {
      return unavailable(error)
    }
  }
}

interface ProbeRow {
  readonly version: number | null
  /** How many details of agents the newest node knows. */
  readonly details: number
}

/** A node of the version before would drop what it does not know. */
function upgradeIn({ version, details }: ProbeRow): RegistryError | undefined {
  const supported = MIGRATIONS.length
  const isSupported = (version ?? 0) <= supported && details <= AGENT_DETAILS.length
  if (isSupported) return undefined
  const upgrade =
    (version ?? 0) > supported
      ? `upgraded the schema to version ${version}, and this node supports ${supported}`
      : `knows ${details} details of agents, and this node ${AGENT_DETAILS.length}`
  return new RegistryError(
    'STORAGE_UNAVAILABLE',
    `another node ${upgrade}: upgrade it. Until then it accepts heartbeats and serves reads, but ` +
      'refuses changes',
  )
}

/** Creates the error for refused changes and for readiness. */
function blockedBy(reason: string, cause?: unknown): RegistryError {
  const message =
    `writes are blocked by a lock, by a synchronous replica or by the database itself, so changes are ` +
    `refused: ${reason}`
  return new RegistryError('STORAGE_UNAVAILABLE', message, cause === undefined ? {} : { cause })
}
