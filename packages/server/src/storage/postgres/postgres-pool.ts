import { Client, type ClientBase, Pool, type QueryResultRow } from 'pg'
import { RegistryError } from '../../domain/registry-error.ts'
import { isDisconnected, isStandby, isTimeout, unavailable } from './postgres-errors.ts'
import type { PostgresTarget } from './postgres-target.ts'

/** A statement; connections prepare one that has a name once, and plan others each time anew. */
export interface Statement {
  /** Names it among all statements of the registry. */
  readonly name?: string
  /** Milliseconds that it may take; default 5000. */
  readonly timeoutMs?: number
  readonly text: string
}

/** Milliseconds that a statement may take, unless it says otherwise. */
const STATEMENT_TIMEOUT_MS = 5000
/**
 * What the statements are written for. They know what they are looking for, so an index is always
 * right: a plan that is kept from when a table was small, or that guesses how many leases have
 * lapsed, reads all of it.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  default_transaction_isolation: 'read committed',
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  // All of them are short; to older versions, a plan without an index looks long.
  jit: 'off',
}

/** Milliseconds that everybody is refused at once after no host answered. */
const REFUSE_MS = 200

/**
 * Connections to the primary of some hosts. A connection that breaks is replaced; when the primary
 * moves, so do the connections.
 */
export class PostgresPool {
  readonly #target: PostgresTarget
  /** The host that was the primary when it was last asked. */
  #host = 0
  #pool: Pool
  #refuseUntil = 0
  #lastTrouble: RegistryError | undefined
  /** Pools of other hosts, on their way out. */
  readonly #ending = new Map<Pool, NodeJS.Timeout>()
  #closed = false

  constructor(target: PostgresTarget) {
    this.#target = target
    this.#pool = this.#open()
  }

  /** Why no host could be reached just now; undefined when one can. */
  get trouble(): RegistryError | undefined {
    return this.#lastTrouble
  }

  /**
   * Runs a statement.
   *
   * @param options.again it may run twice: then a connection that breaks is not an error yet
   * @throws DatabaseError, or RegistryError `STORAGE_UNAVAILABLE` when there is no connection
   */
  async run<Row extends QueryResultRow>(
    statement: Statement,
    values: readonly unknown[],
    options: { again?: boolean } = {},
  ): Promise<Row[]> {
    if (performance.now() < this.#refuseUntil && this.#lastTrouble) throw this.#lastTrouble
    const attempts = Math.max(this.#target.hosts.length, options.again ? 2 : 1)
    for (let attempt = 1; ; attempt++) {
      const host = this.#host
      let sent = false
      try {
        const client = await this.#pool.connect()
        sent = true
        const rows = await runOn<Row>(client, statement, values)
        this.#lastTrouble = undefined
        return rows
      } catch (error) {
        if (this.#closed) throw new RegistryError('CLOSED', 'the registry is closed')
        const isElsewhere = isStandby(error) || (!sent && isDisconnected(error))
        if (!isElsewhere && !isDisconnected(error)) throw error
        if (isElsewhere) this.#tryNextHost(host)
        const again = isElsewhere || (options.again && !isTimeout(error))
        if (attempt < attempts && again) continue
        this.#lastTrouble = unavailable(error)
        // The next attempt would wait for as long again.
        if (isElsewhere || isTimeout(error)) this.#refuseUntil = performance.now() + REFUSE_MS
        throw this.#lastTrouble
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
        await prepare(client)
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

  #open(): Pool {
    const pool = new Pool({
      ...this.#config(),
      max: this.#target.poolSize,
      idleTimeoutMillis: 60_000,
      verify: (client, done) => {
        prepare(client).then(() => done(), done)
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

async function runOn<Row extends QueryResultRow>(
  client: ClientBase & { release(error?: unknown): void },
  { name, text, timeoutMs = STATEMENT_TIMEOUT_MS }: Statement,
  values: readonly unknown[],
): Promise<Row[]> {
  try {
    // The types do not know of the timeout of a single query, which the driver has.
    const query = { text, values: [...values], query_timeout: timeoutMs }
    const { rows } = await client.query<Row>(name === undefined ? query : { ...query, name })
    client.release()
    return rows
  } catch (error) {
    client.release(isDisconnected(error) || isStandby(error))
    throw error
  }
}

/**
 * Refuses a standby, and makes sure of what the statements are written for, whatever the database
 * has for its default. One round trip for all of it.
 */
async function prepare(client: ClientBase): Promise<void> {
  const { rows } = await client.query(
    `SELECT pg_is_in_recovery() AS standby, count(set_config(s.key, s.value, false))
     FROM json_each_text($1::json) s`,
    [JSON.stringify(SETTINGS)],
  )
  if (rows[0]?.standby) throw new Error('it is a standby, which takes no writes')
}
