import type { QueryResultRow } from 'pg'
import type { Clock } from '../../domain/clock.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import { isLostRace, unavailable } from './postgres-errors.ts'
import { PostgresPool, type Statement } from './postgres-pool.ts'
import { inSchema } from './postgres-schema.ts'
import type { PostgresTarget } from './postgres-target.ts'
import { type Moment, type MomentRow, PostgresTime } from './postgres-time.ts'

/** How often a statement is run again that lost a race. */
const RACES = 10

const MOMENT = { name: 'moment', text: 'SELECT * FROM rollcall.moment($1)' }

/** Runs the statements of a registry in its schema, and tells at which moment they ran. */
export class PostgresDatabase {
  readonly schema: string
  readonly #reads: PostgresPool
  readonly #writes: PostgresPool
  /** Connections that may be open at once: those of both pools, and two that listen. */
  readonly connections: number
  readonly #time: PostgresTime
  readonly #prepared = new Map<Statement, Statement>()
  #failures = 0
  #closed = false

  constructor(options: { target: PostgresTarget; schema: string; clock: Clock | undefined }) {
    this.schema = options.schema
    this.connections = 2 * options.target.poolSize + 2
    // Two pools: lists that take long must not keep heartbeats waiting.
    this.#reads = new PostgresPool(options.target)
    this.#writes = new PostgresPool(options.target)
    this.#time = new PostgresTime({
      pool: this.#writes,
      clock: options.clock,
      statement: (statement) => this.#inSchema(statement),
    })
  }

  /** Statements that the database could not run. */
  get failures(): number {
    return this.#failures
  }

  /** Milliseconds that leases were extended by since this was made. */
  get stalledMs(): number {
    return this.#time.stalledMs
  }

  /** Where connections come from for those who need one of their own. */
  get writes(): PostgresPool {
    return this.#writes
  }

  /** What statements take for the time: null for the clock of the database. */
  now(): Promise<number | null> {
    return this.#time.now()
  }

  /** Runs a statement that reads. */
  read<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[] = []) {
    return this.#attempt(() =>
      this.#reads.run<Row>(this.#inSchema(statement), values, { again: true }),
    )
  }

  /** Runs a statement that changes something; it may have run although it seems to have failed. */
  write<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[] = []) {
    return this.#attempt(() => this.#writes.run<Row>(this.#inSchema(statement), values))
  }

  /**
   * Runs a statement whose first parameter is the time and whose first row tells of the moment. It
   * may run twice.
   */
  async atMoment<Row extends MomentRow & QueryResultRow>(
    statement: Statement,
    values: readonly unknown[] = [],
    { pool = 'writes' }: { pool?: 'reads' | 'writes' } = {},
  ): Promise<{ row: Row; rows: Row[]; moment: Moment }> {
    const connections = pool === 'reads' ? this.#reads : this.#writes
    return this.#attempt(async () => {
      const time = await this.#time.now()
      const rows = await connections.run<Row>(this.#inSchema(statement), [time, ...values], {
        again: true,
      })
      const [row] = rows
      if (row === undefined) throw new Error(`${statement.name} tells nothing of the time`)
      return { row, rows, moment: await this.#time.heard(row) }
    })
  }

  /** The time, by the database. */
  async moment(): Promise<Moment> {
    return (await this.atMoment(MOMENT, [], { pool: 'reads' })).moment
  }

  async close(): Promise<void> {
    this.#closed = true
    await Promise.all([this.#reads.close(), this.#writes.close()])
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new RegistryError('CLOSED', 'the registry is closed')
    for (let race = 1; ; race++) {
      try {
        return await work()
      } catch (error) {
        if (isLostRace(error) && race < RACES) continue
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
