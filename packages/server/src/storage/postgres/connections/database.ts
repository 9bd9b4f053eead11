import type { QueryResultRow } from 'pg'
import type { Clock } from '../../../domain/clock.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import type { ConnectionStats } from '../../../domain/storage-statistics.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { SharedRead } from '../../../scheduling/shared-read.ts'
import { type Moment, type MomentRow, PostgresTime } from '../nodes/database-time.ts'
import { inSchema } from '../schema/schema-name.ts'
import { ConnectionSlots } from './connection-slots.ts'
import { isRetryable, unavailable } from './errors.ts'
import { LongReads } from './long-reads.ts'
import { PostgresPool, type RunOptions } from './pool.ts'
import type { Statement } from './statement-run.ts'
import { HEARTBEAT_CONNECTIONS, maxConnections, type PostgresTarget } from './target.ts'

/** Most attempts of a statement that conflicts with other transactions. */
const MAX_RETRIES = 10
/**
 * Share of the read connections that lists and histories may use, at least one; short reads have the rest.
 * Each long read keeps a core of the database busy. Under full client load on two cores, the p99 latency of
 * heartbeats was 166 to 208 ms with two long reads at once, and 77 to 102 ms with one.
 */
const LONG_READS_SHARE = 0.2

const MOMENT = { name: 'moment', text: 'SELECT * FROM rollcall.moment($1)' }

/** The connection pool that a statement uses, so that one kind of statement never delays another. */
export type Lane = 'heartbeats' | 'writes' | 'reads'

/** Options of a statement that reads. */
export interface ReadStatementOptions {
  /** Default `reads`. */
  readonly lane?: Lane
  /** Whether it may take long: some connections are reserved for short reads. */
  readonly isLong?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Runs the statements of a registry in its schema, and returns the moment at which they ran. */
export class PostgresDatabase {
  readonly schema: string
  readonly #pools: Readonly<Record<Lane, PostgresPool>>
  readonly #longReads: LongReads
  /** As {@link maxConnections}. */
  readonly maxConnections: number
  readonly #time: PostgresTime
  readonly #moments = new SharedRead((signal) => this.moment({ signal }))
  readonly #prepared = new Map<Statement, Statement>()
  #failures = 0
  #cancelled = 0
  #closed = false

  constructor(options: { target: PostgresTarget; schema: string; clock: Clock | undefined }) {
    const { target, clock } = options
    this.schema = options.schema
    const { poolSize } = target
    this.maxConnections = maxConnections(target)
    const onCancelled = (): void => void this.#cancelled++
    const statementMs = SERVER_LIMITS.postgresStatementMs.value
    const lockMs = SERVER_LIMITS.postgresLockMs.value
    // Neither long lists nor registrations that wait for a lock may delay heartbeats.
    this.#pools = {
      heartbeats: new PostgresPool(target, {
        size: HEARTBEAT_CONNECTIONS,
        statementMs,
        lockMs: SERVER_LIMITS.postgresHeartbeatLockMs.value,
        onCancelled,
      }),
      writes: new PostgresPool(target, { size: poolSize, statementMs, lockMs, onCancelled }),
      reads: new PostgresPool(target, {
        size: poolSize,
        statementMs: SERVER_LIMITS.postgresListMs.value,
        lockMs,
        onCancelled,
      }),
    }
    this.#longReads = new LongReads(
      new ConnectionSlots({
        size: Math.max(1, Math.floor(poolSize * LONG_READS_SHARE)),
        maxWaiting: SERVER_LIMITS.postgresWaitingReads.value,
        timeoutMs: SERVER_LIMITS.postgresReadWaitMs.value,
        what: 'lists and histories',
        code: 'OVERLOADED',
      }),
    )
    this.#time = new PostgresTime({
      pool: this.#pools.heartbeats,
      clock,
      statement: (statement) => this.#inSchema(statement),
    })
  }

  /** Number of statements that failed. */
  get failures(): number {
    return this.#failures
  }

  get connections(): ConnectionStats {
    const pools = Object.values(this.#pools)
    return {
      used: pools.reduce((sum, pool) => sum + pool.used, 0),
      waiting: pools.reduce((sum, pool) => sum + pool.waiting, this.#longReads.waiting),
      cancelled: this.#cancelled,
    }
  }

  /** Milliseconds by which leases were extended since this was created. */
  get stalledMs(): number {
    return this.#time.stalledMs
  }

  /** The pool from which callers get a dedicated connection. */
  get writes(): PostgresPool {
    return this.#pools.writes
  }

  /** Returns the time parameter of statements: null for the clock of the database. */
  now(): Promise<number | null> {
    return this.#time.now()
  }

  /** Returns monotonic time in milliseconds. */
  monotonicMs(): number {
    return this.#time.monotonicMs()
  }

  /** Runs a statement that reads. */
  read<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[] = [],
    options: ReadStatementOptions = {},
  ): Promise<Row[]> {
    return this.#attempt(() => this.#runRead<Row>(statement, values, options), options.signal)
  }

  /** Runs a statement that writes. It may have run even if this rejects. */
  write<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return this.#attempt(() =>
      this.#pools.writes.run<Row>(this.#inSchema(statement), values, { isWrite: true }),
    )
  }

  /**
   * Runs a statement whose first parameter is the time and whose first row contains the moment. It must be
   * idempotent, because it may run twice.
   *
   * @param options.lane default `writes`
   * @param options.isWrite whether it writes
   */
  async queryWithClock<Row extends MomentRow & QueryResultRow>(
    statement: Statement,
    values: readonly unknown[] = [],
    options: ReadStatementOptions & { isWrite?: boolean } = {},
  ): Promise<{ row: Row; rows: Row[]; moment: Moment }> {
    return this.#attempt(async () => {
      const timed = [await this.#time.now(), ...values]
      const rows = await this.#runRead<Row>(statement, timed, { lane: 'writes', ...options })
      const [row] = rows
      if (row === undefined) throw new Error(`${statement.name} returned no row with the time`)
      return { row, rows, moment: await this.#time.observe(row) }
    }, options.signal)
  }

  /** Reads the current moment from the database. */
  async moment(options: { lane?: Lane; signal?: AbortSignal } = {}): Promise<Moment> {
    return (await this.queryWithClock(MOMENT, [], { lane: 'reads', ...options })).moment
  }

  /** As {@link moment}, but shared by concurrent reads. */
  sharedMoment(signal?: AbortSignal): Promise<Moment> {
    return this.#moments.get(signal)
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all(Object.values(this.#pools).map((pool) => pool.close()))
  }

  async #runRead<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    { lane = 'reads', isLong, ...options }: ReadStatementOptions & RunOptions,
  ): Promise<Row[]> {
    const run = { isIdempotent: true, ...options }
    const read = () => this.#pools[lane].run<Row>(this.#inSchema(statement), values, run)
    return isLong ? this.#longReads.run(read, options.signal) : read()
  }

  async #attempt<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#closed) throw new RegistryError('CLOSED', 'the registry is closed')
    for (let attempt = 1; ; attempt++) {
      try {
        return await work()
      } catch (error) {
        if (isRetryable(error) && attempt < MAX_RETRIES) continue
        // The caller has stopped waiting: not a failure.
        if (signal?.aborted) throw signal.reason
        this.#failures++
        throw unavailable(error)
      }
    }
  }

  #inSchema(statement: Statement): Statement {
    const known = this.#prepared.get(statement)
    if (known) return known
    const qualified = { ...statement, text: inSchema(statement.text, this.schema) }
    // Unnamed statements are for a single use.
    if (statement.name !== undefined) this.#prepared.set(statement, qualified)
    return qualified
  }
}
