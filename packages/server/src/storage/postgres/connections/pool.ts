import { Client, type ClientBase, Pool, type QueryResultRow } from 'pg'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { type ConnectionTimeouts, prepareConnection } from './connection-settings.ts'
import { ConnectionSlots } from './connection-slots.ts'
import { isDisconnected, isStandby, isTimeout, outcomeUnknown, unavailable } from './errors.ts'
import { runStatement, type Statement } from './statement-run.ts'
import type { PostgresTarget } from './target.ts'

/** Milliseconds for which statements fail immediately after no host responded. */
const FAIL_FAST_MS = 200
/** Timeouts of a dedicated connection: migrations and copies take as long as they need. */
const DEDICATED_CONNECTION: ConnectionTimeouts = { statementMs: 0, lockMs: 0 }

/** Options of a pool. */
export interface PoolOptions extends ConnectionTimeouts {
  /** Most connections. */
  readonly size: number
  /** Called for each cancelled statement. */
  readonly onCancelled?: () => void
}

/** Options of a statement. */
export interface RunOptions {
  /** Whether it may run twice: then it is retried when the connection breaks. */
  readonly isIdempotent?: boolean
  /** Whether it writes: without a response, the outcome is unknown. */
  readonly isWrite?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * A pool of connections to the primary among several hosts. Replaces broken connections, and follows the
 * primary when it moves.
 */
export class PostgresPool {
  readonly #target: PostgresTarget
  readonly #options: PoolOptions
  readonly #slots: ConnectionSlots
  /** Index of the host that was the primary at the last attempt. */
  #host = 0
  #pool: Pool
  #failFastUntil = 0
  #lastError: RegistryError | undefined
  /** Pools of former hosts that are being closed. */
  readonly #ending = new Map<Pool, NodeJS.Timeout>()
  #closed = false

  constructor(target: PostgresTarget, options: PoolOptions) {
    this.#target = target
    this.#options = options
    this.#slots = new ConnectionSlots({
      size: options.size,
      maxWaiting: SERVER_LIMITS.postgresWaitingStatements.value,
      timeoutMs: SERVER_LIMITS.postgresStatementMs.value,
      what: 'statements',
      code: 'STORAGE_UNAVAILABLE',
    })
    this.#pool = this.#open()
  }

  /** Number of busy connections. */
  get used(): number {
    return this.#slots.used
  }

  /** Whether the last statement found no reachable host. */
  get isUnreachable(): boolean {
    return this.#lastError !== undefined
  }

  /** Number of statements waiting for a connection. */
  get waiting(): number {
    return this.#slots.waiting
  }

  /**
   * Runs a statement.
   *
   * @throws DatabaseError when the statement had no effect; RegistryError `STORAGE_UNAVAILABLE` when there
   *   is no connection, or `OUTCOME_UNKNOWN` when a write may have taken effect; the reason of the signal
   */
  async run<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    options: RunOptions = {},
  ): Promise<Row[]> {
    if (performance.now() < this.#failFastUntil && this.#lastError) throw this.#lastError
    const release = await this.#slots.acquire(options.signal)
    try {
      return await this.#attempt<Row>(statement, values, options)
    } finally {
      release()
    }
  }

  async #attempt<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    options: RunOptions,
  ): Promise<Row[]> {
    const attempts = Math.max(this.#target.hosts.length, options.isIdempotent ? 2 : 1)
    let mayHaveRun = false
    for (let attempt = 1; ; attempt++) {
      const host = this.#host
      let sent = false
      try {
        const client = await this.#pool.connect()
        sent = true
        const rows = await this.#runOn<Row>(client, statement, { values, signal: options.signal })
        this.#lastError = undefined
        return rows
      } catch (error) {
        if (this.#closed) throw new RegistryError('CLOSED', 'the registry is closed')
        if (error instanceof RegistryError || options.signal?.aborted) throw error
        const isElsewhere = isStandby(error) || (!sent && isDisconnected(error))
        if (!isElsewhere && !isDisconnected(error)) throw error
        mayHaveRun ||= sent && !isStandby(error)
        if (isElsewhere) this.#tryNextHost(host)
        const canRetry = isElsewhere || (options.isIdempotent && !isTimeout(error))
        if (attempt < attempts && canRetry) continue
        const failure = unavailable(error)
        this.#lastError = failure
        // The next statement would wait just as long.
        if (isElsewhere || isTimeout(error)) this.#failFastUntil = performance.now() + FAIL_FAST_MS
        if (!options.isWrite || !mayHaveRun) throw failure
        throw outcomeUnknown(`${failure.message}: the change may have been made`, error)
      }
    }
  }

  /** Opens a dedicated connection, which does not belong to the pool. */
  async connect(): Promise<Client> {
    for (let attempt = 1; ; attempt++) {
      const host = this.#host
      const client = new Client(this.#config())
      client.on('error', () => undefined)
      try {
        await client.connect()
        await prepareConnection(client, DEDICATED_CONNECTION)
        return client
      } catch (error) {
        client.end().catch(() => undefined)
        this.#tryNextHost(host)
        if (attempt >= this.#target.hosts.length) throw unavailable(error)
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const timer of this.#ending.values()) clearTimeout(timer)
    const previous = [...this.#ending.keys()].filter((pool) => !pool.ending)
    await Promise.all([this.#pool, ...previous].map((pool) => pool.end()))
  }

  async #runOn<Row extends QueryResultRow>(
    client: ClientBase & { release(error?: unknown): void },
    statement: Statement,
    run: { values: readonly unknown[]; signal: AbortSignal | undefined },
  ): Promise<Row[]> {
    const end = await runStatement<Row>(client, statement, run)
    if ('rows' in end) {
      client.release()
      return end.rows
    }
    const { error, wasCancelled } = end
    if (wasCancelled) this.#options.onCancelled?.()
    client.release(end.isBroken || isStandby(error))
    throw error
  }

  #open(): Pool {
    const pool = new Pool({
      ...this.#config(),
      max: this.#options.size,
      idleTimeoutMillis: 60_000,
      verify: (client, done) => {
        prepareConnection(client, this.#options).then(() => done(), done)
      },
    })
    // An idle connection broke: the next statement uses another.
    pool.on('error', () => undefined)
    // A connection in use broke between two statements: the next statement fails with the error.
    pool.on('connect', (client) => client.on('error', () => undefined))
    return pool
  }

  #config() {
    return {
      connectionString: this.#target.connectionStrings[this.#host],
      connectionTimeoutMillis: this.#target.connectTimeoutMs,
      fallback_application_name: 'rollcall',
      keepAlive: true,
    }
  }

  #tryNextHost(failed: number): void {
    const { length } = this.#target.hosts
    // Another statement may have switched already.
    if (length === 1 || failed !== this.#host || this.#closed) return
    this.#host = (failed + 1) % length
    const previous = this.#pool
    this.#pool = this.#open()
    // Ended later: a pool that is ended immediately never settles callers that wait for a connection.
    const end = () => previous.end().catch(() => undefined)
    this.#ending.set(previous, setTimeout(end, this.#target.connectTimeoutMs).unref())
  }
}
