import { randomBytes } from 'node:crypto'
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { QueryResultRow } from 'pg'
import { freePort } from './free-port.ts'
import { initializeData } from './initial-data.ts'
import { type PostgresBinaries, postgresBinaries } from './postgres-binaries.ts'
import { queryOnce } from './postgres-client.ts'
import { PostgresFolder } from './postgres-folder.ts'
import { PostmasterProcess } from './postmaster-process.ts'
import { createDatabase } from './test-database.ts'

/** Settings of PostgreSQL by name, as in `postgresql.conf`. */
export type PostgresSettings = Readonly<Record<string, string | number>>

/** How to set up a server. */
export interface PostgresOptions {
  /** Override the settings for tests; `ALTER SYSTEM` can change them later. */
  readonly settings?: PostgresSettings
  /** Default: a free port. */
  readonly port?: number
  /**
   * Keeps the data in memory, if there is enough: creating a database then takes a tenth of the
   * time.
   */
  readonly isInMemory?: boolean
}

/** Selects connections; by default all client connections. */
export interface ConnectionFilter {
  readonly database?: string
  readonly applicationName?: string
}

/** Shutdown mode, as in `pg_ctl`. */
export type StopMode = 'smart' | 'fast' | 'immediate'

const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const

const USER = 'rollcall'

const TEST_SETTINGS: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_connections: 200,
  // In a file, which is removed with the folder; a segment in /dev/shm would outlive a killed
  // server.
  dynamic_shared_memory_type: 'mmap',
  log_checkpoints: 'off',
}

/**
 * A real PostgreSQL 18 with its own data folder, on the loopback interface. It writes as durably as
 * in production unless its settings say otherwise. Neither its processes nor its folder outlive the
 * tests, however those end.
 */
export class PostgresServer implements AsyncDisposable {
  readonly port: number
  protected readonly folder: PostgresFolder
  readonly #password: string
  readonly #binaries: PostgresBinaries
  #postmaster: PostmasterProcess | undefined

  /** For subclasses; use `launch`. */
  protected constructor(folder: PostgresFolder, port: number, password: string) {
    this.folder = folder
    this.port = port
    this.#password = password
    this.#binaries = postgresBinaries(folder.path)
  }

  /** Initializes an empty server and starts it; takes about a second. */
  static async launch(options: PostgresOptions = {}): Promise<PostgresServer> {
    const password = randomBytes(8).toString('hex')
    const port = options.port ?? (await freePort())
    const folder = new PostgresFolder(options.isInMemory ?? false)
    const server = new PostgresServer(folder, port, password)
    return server.begin(async () => {
      const { initdb } = server.#binaries
      await initializeData(initdb, folder, { user: USER, password })
      await server.configure({ ...TEST_SETTINGS, ...options.settings })
    })
  }

  /** Whether the postmaster runs. */
  get isRunning(): boolean {
    return this.#postmaster?.isRunning ?? false
  }

  /** The end of the log since the last start. */
  get log(): string {
    return this.#postmaster?.log ?? ''
  }

  /** Returns the URL of a database, with the user and the password of a superuser. */
  url(database = 'postgres'): string {
    return `postgres://${USER}:${this.#password}@127.0.0.1:${this.port}/${database}`
  }

  /** Starts the server with its data and port. Resolves once it accepts connections. */
  async start(): Promise<void> {
    if (this.isRunning) throw new Error('PostgreSQL is already running; stop it first')
    const { data } = this.folder
    const program = this.#binaries.postgres
    const postmaster = await PostmasterProcess.spawn({ program, data, port: this.port })
    this.#postmaster = postmaster
    this.folder.guard([postmaster.pid])
    void postmaster.ended.then(() => this.folder.guard([]))
    await postmaster.ready()
  }

  /**
   * Sends the signal of a shutdown mode and waits until the server has exited. Smart: waits for all
   * clients to disconnect. Fast: closes their connections, and writes everything to its files.
   * Immediate: only closes the connections; the next start has to recover.
   */
  async stop(mode: StopMode): Promise<void> {
    await this.#started().end(SIGNALS[mode])
  }

  /**
   * Kills all processes at once, as a power failure would; but writes in the page cache still reach
   * the disk.
   */
  async kill(): Promise<void> {
    await this.#started().kill()
  }

  /** Stops and restarts the server. */
  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  /** Stops all processes with SIGSTOP: connections stay open without responses; new ones hang. */
  freeze(): void {
    this.folder.guard(this.#started().signalAll('SIGSTOP'))
  }

  /** Resumes the server after `freeze`. */
  thaw(): void {
    this.#started().signalAll('SIGCONT')
  }

  /** Runs one query as superuser on a new connection and returns the rows. */
  query<Row extends QueryResultRow>(
    sql: string,
    params: readonly unknown[] = [],
    database?: string,
  ): Promise<Row[]> {
    return queryOnce<Row>(this.url(database), sql, params)
  }

  /** Creates an empty database and returns its URL. */
  createDatabase(): Promise<string> {
    return createDatabase(this.url())
  }

  /** Terminates client connections, as an administrator would. Returns how many. */
  async terminateConnections(filter: ConnectionFilter = {}): Promise<number> {
    const broken = await this.query(
      `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
       WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
         AND datname = coalesce($1, datname) AND application_name = coalesce($2, application_name)`,
      [filter.database ?? null, filter.applicationName ?? null],
    )
    return broken.length
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) {
      this.thaw()
      await this.stop('immediate')
    }
    await this.folder[Symbol.asyncDispose]()
  }

  /** Initializes the folder and starts the server; cleans up if that fails. */
  protected async begin(prepare: () => Promise<void>): Promise<this> {
    try {
      await prepare()
      await this.start()
      return this
    } catch (error) {
      await this[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Appends settings, which take effect at the next start. */
  protected async configure(settings: PostgresSettings): Promise<void> {
    const lines = Object.entries(settings).map(
      ([name, value]) => `${name} = '${String(value).replaceAll("'", "''")}'\n`,
    )
    await appendFile(join(this.folder.data, 'postgresql.conf'), lines.join(''))
  }

  #started(): PostmasterProcess {
    if (this.#postmaster === undefined || !this.isRunning) throw new Error('PostgreSQL is stopped')
    return this.#postmaster
  }
}
