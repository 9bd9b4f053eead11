import type { QueryResultRow } from 'pg'
import type { ConnectionStats } from '../../../domain/agent-registry-repository.ts'
import type { Clock } from '../../../domain/clock.ts'
import { RegistryError } from '../../../domain/registry-error.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { type Moment, type MomentRow, PostgresTime } from '../nodes/database-time.ts'
import { SharedRead } from '../reads/shared-read.ts'
import { inSchema } from '../schema/schema-name.ts'
import { ConnectionSlots } from './connection-slots.ts'
import { isRetryable, unavailable } from './errors.ts'
import { LongReads } from './long-reads.ts'
import { PostgresPool, type RunOptions } from './pool.ts'
import type { Statement } from './statement-run.ts'
import { HEARTBEAT_CONNECTIONS, mostConnections, type PostgresTarget } from './target.ts'

/** How often a statement is run again that lost a race. */
const MAX_RETRIES = 10
/**
 * Part of the connections for reads that lists and histories may take, at least one; short reads have the
 * rest. Each of them keeps a processor of the database busy. Beside all that clients can do at once, on two
 * cores, the slowest hundredth of the heartbeats took 166 to 208 ms with two of them, and 77 to 102 ms with one.
 */
const LONG_READS_SHARE = 0.2

const MOMENT = { name: 'moment', text: 'SELECT * FROM rollcall.moment($1)' }

/** Which connections a statement uses: those of one kind never keep those of another waiting. */
export type Lane = 'heartbeats' | 'writes' | 'reads'

/** How a statement is run that reads. */
export interface ReadStatementOptions {
  /** Default `reads`. */
  readonly lane?: Lane
  /** It may take long: some connections are kept free of such. */
  readonly isLong?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Runs the statements of a registry in its schema, and tells at which moment they ran. */
export class PostgresDatabase {
  readonly schema: string
  readonly #pools: Readonly<Record<Lane, PostgresPool>>
  readonly #longReads: LongReads
  /** As {@link mostConnections}. */
  readonly mostConnections: number
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
    this.mostConnections = mostConnections(target)
    const onCancelled = (): void => void this.#cancelled++
    const statementMs = SERVER_LIMITS.postgresStatementMs.value
    const lockMs = SERVER_LIMITS.postgresLockMs.value
    // Lists that take long must not keep heartbeats waiting, nor registrations that wait for a lock.
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
        mostWaiting: SERVER_LIMITS.postgresWaitingReads.value,
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

  /** Statements that the database could not run. */
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

  /** Milliseconds that leases were extended by since this was made. */
  get stalledMs(): number {
    return this.#time.stalledMs
  }

  /** Where connections come from for those who need one of their own. */
  get writes(): PostgresPool {
    return this.#pools.writes
  }

  /** What statements take for the time: null for the clock of the database. */
  now(): Promise<number | null> {
    return this.#time.now()
  }

  /** Milliseconds of a clock without steps. */
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

  /** Runs a statement that changes something; it may have run although it seems to have failed. */
  write<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return this.#attempt(() =>
      this.#pools.writes.run<Row>(this.#inSchema(statement), values, { changes: true }),
    )
  }

  /**
   * Runs a statement whose first parameter is the time and whose first row tells of the moment. It
   * may run twice.
   *
   * @param options.lane default `writes`
   * @param options.changes whether it changes something
   */
  async queryWithClock<Row extends MomentRow & QueryResultRow>(
    statement: Statement,
    values: readonly unknown[] = [],
    options: ReadStatementOptions & { changes?: boolean } = {},
  ): Promise<{ row: Row; rows: Row[]; moment: Moment }> {
    return this.#attempt(async () => {
      const timed = [await this.#time.now(), ...values]
      const rows = await this.#runRead<Row>(statement, timed, { lane: 'writes', ...options })
      const [row] = rows
      if (row === undefined) throw new Error(`${statement.name} tells nothing of the time`)
      return { row, rows, moment: await this.#time.observe(row) }
    }, options.signal)
  }

  /** The time, by the database. */
  async moment(options: { lane?: Lane; signal?: AbortSignal } = {}): Promise<Moment> {
    return (await this.queryWithClock(MOMENT, [], { lane: 'reads', ...options })).moment
  }

  /** The same for reads, many of which may share it. */
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
    const run = { again: true, ...options }
    const read = () => this.#pools[lane].run<Row>(this.#inSchema(statement), values, run)
    return isLong ? this.#longReads.run(read, options.signal) : read()
  }

  async #attempt<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#closed) throw new RegistryError('CLOSED', 'the registry is closed')
    for (let race = 1; ; race++) {
      try {
        return await work()
      } catch (error) {
        if (isRetryable(error) && race < MAX_RETRIES) continue
        // Nobody waits for it any more: no failure.
        if (signal?.aborted) throw signal.reason
        this.#failures++
        throw unavailable(error)
      }
    }
  }

  #inSchema(statement: Statement): Statement {
    const known = this.#prepared.get(statement)
    if (known) return known
    const own = { ...statement, text: inSchema(statement.text, this.schema) }
    // One that is made for a single use has no name.
    if (statement.name !== undefined) this.#prepared.set(statement, own)
    return own
  }
}
