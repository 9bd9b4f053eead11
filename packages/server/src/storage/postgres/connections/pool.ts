import { Client, type ClientBase, Pool, type QueryResultRow } from 'pg'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { type ConnectionTimeouts, prepareConnection } from './connection-settings.ts'
import { ConnectionSlots } from './connection-slots.ts'
import { isDisconnected, isStandby, isTimeout, outcomeUnknown, unavailable } from './errors.ts'
import { runStatement, type Statement } from './statement-run.ts'
import type { PostgresTarget } from './target.ts'

/** Milliseconds that everybody is refused at once after no host answered. */
const REFUSE_MS = 200
/** Of a connection of one's own, which migrations and copies take as long as they need. */
const OWN_CONNECTION: ConnectionTimeouts = { statementMs: 0, lockMs: 0 }

/** What a pool is for. */
export interface PoolOptions extends ConnectionTimeouts {
  /** Connections, at the most. */
  readonly size: number
  /** Counts statements that were cancelled. */
  readonly onCancelled?: () => void
}

/** How a statement is run. */
export interface RunOptions {
  /** It may run twice: then a connection that breaks is not an error yet. */
  readonly again?: boolean
  /** It changes something: without an answer, nobody knows whether it did. */
  readonly changes?: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Connections to the primary of some hosts. A connection that breaks is replaced; when the primary
 * moves, so do the connections.
 */
export class PostgresPool {
  readonly #target: PostgresTarget
  readonly #options: PoolOptions
  readonly #slots: ConnectionSlots
  /** The host that was the primary when it was last asked. */
  #host = 0
  #pool: Pool
  #refuseUntil = 0
  #lastTrouble: RegistryError | undefined
  /** Pools of other hosts, on their way out. */
  readonly #ending = new Map<Pool, NodeJS.Timeout>()
  #closed = false

  constructor(target: PostgresTarget, options: PoolOptions) {
    this.#target = target
    this.#options = options
    this.#slots = new ConnectionSlots({
      size: options.size,
      mostWaiting: SERVER_LIMITS.postgresWaitingStatements.value,
      timeoutMs: SERVER_LIMITS.postgresStatementMs.value,
      what: 'statements',
      code: 'STORAGE_UNAVAILABLE',
    })
    this.#pool = this.#open()
  }

  /** Connections that run something. */
  get used(): number {
    return this.#slots.used
  }

  /** Whether the last statement found no host that answers. */
  get isAway(): boolean {
    return this.#lastTrouble !== undefined
  }

  /** Statements that wait for a connection. */
  get waiting(): number {
    return this.#slots.waiting
  }

  /**
   * Runs a statement.
   *
   * @throws DatabaseError: it was not done; RegistryError `STORAGE_UNAVAILABLE` when there is no
   *   connection, `OUTCOME_UNKNOWN` when it may have changed something; the reason of the signal
   */
  async run<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    options: RunOptions = {},
  ): Promise<Row[]> {
    if (performance.now() < this.#refuseUntil && this.#lastTrouble) throw this.#lastTrouble
    const giveBack = await this.#slots.take(options.signal)
    try {
      return await this.#attempt<Row>(statement, values, options)
    } finally {
      giveBack()
    }
  }

  async #attempt<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    options: RunOptions,
  ): Promise<Row[]> {
    const attempts = Math.max(this.#target.hosts.length, options.again ? 2 : 1)
    let mayHaveRun = false
    for (let attempt = 1; ; attempt++) {
      const host = this.#host
      let sent = false
      try {
        const client = await this.#pool.connect()
        sent = true
        const rows = await this.#runOn<Row>(client, statement, { values, signal: options.signal })
        this.#lastTrouble = undefined
        return rows
      } catch (error) {
        if (this.#closed) throw new RegistryError('CLOSED', 'the registry is closed')
        if (error instanceof RegistryError || options.signal?.aborted) throw error
        const isElsewhere = isStandby(error) || (!sent && isDisconnected(error))
        if (!isElsewhere && !isDisconnected(error)) throw error
        mayHaveRun ||= sent && !isStandby(error)
        if (isElsewhere) this.#tryNextHost(host)
        const again = isElsewhere || (options.again && !isTimeout(error))
        if (attempt < attempts && again) continue
        const trouble = unavailable(error)
        this.#lastTrouble = trouble
        // The next attempt would wait for as long again.
        if (isElsewhere || isTimeout(error)) this.#refuseUntil = performance.now() + REFUSE_MS
        if (!options.changes || !mayHaveRun) throw trouble
        throw outcomeUnknown(`${trouble.message}: the change may have been made`, error)
      }
    }
  }

  /** A connection of one's own, which is not one of the pool. */
  async connect(): Promise<Client> {
    for (let attempt = 1; ; attempt++) {
      const host = this.#host
      const client = new Client(this.#config())
      client.on('error', () => undefined)
      try {
        await client.connect()
        await prepareConnection(client, OWN_CONNECTION)
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
    const left = [...this.#ending.keys()].filter((pool) => !pool.ending)
    await Promise.all([this.#pool, ...left].map((pool) => pool.end()))
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
    // An idle connection broke: the next statement takes another.
    pool.on('error', () => undefined)
    // One that is taken, but between two statements: the next one fails and says so.
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
    // Somebody else may have moved on meanwhile.
    if (length === 1 || failed !== this.#host || this.#closed) return
    this.#host = (failed + 1) % length
    const left = this.#pool
    this.#pool = this.#open()
    // Those who wait for a connection of it are refused one first; ended at once, it forgets them.
    const end = () => left.end().catch(() => undefined)
    this.#ending.set(left, setTimeout(end, this.#target.connectTimeoutMs).unref())
  }
}
