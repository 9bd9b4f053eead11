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

/** Settings of PostgreSQL by their names, as in `postgresql.conf`. */
export type PostgresSettings = Readonly<Record<string, string | number>>

/** How a server is set up. */
export interface PostgresOptions {
  /** Over those that suit tests; `ALTER SYSTEM` changes them later. */
  readonly settings?: PostgresSettings
  /** Default: one that is free. */
  readonly port?: number
  /** Keeps the data in memory, if there is enough: a new database then takes a tenth of the time. */
  readonly isInMemory?: boolean
}

/** Which connections are meant; all of the clients', when nothing is said. */
export interface ConnectionFilter {
  readonly database?: string
  readonly applicationName?: string
}

/** How a server is stopped, in the words of `pg_ctl`. */
export type StopMode = 'smart' | 'fast' | 'immediate'

const SIGNALS = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const

const USER = 'rollcall'

const TEST_SETTINGS: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '64MB',
  max_connections: 200,
  // In a file, which goes with the folder; what is in /dev/shm would outlive a killed server.
  dynamic_shared_memory_type: 'mmap',
  log_checkpoints: 'off',
}

/**
 * A real PostgreSQL 18 with a data folder of its own, on the loopback interface. It writes as
 * durably as in production unless its settings say otherwise. Neither its processes nor its folder
 * outlive the tests, however those end.
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

  /** Sets up an empty server and starts it; takes about a second. */
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

  /** Whether its process runs. */
  get isRunning(): boolean {
    return this.#postmaster?.isRunning ?? false
  }

  /** The end of what it has logged since it was last started. */
  get log(): string {
    return this.#postmaster?.log ?? ''
  }

  /** The URL of a database, with the user and the password of a superuser. */
  url(database = 'postgres'): string {
    return `postgres://${USER}:${this.#password}@127.0.0.1:${this.port}/${database}`
  }

  /** Starts it on the data and the port it had. Resolves when it accepts connections. */
  async start(): Promise<void> {
    if (this.isRunning) throw new Error('PostgreSQL runs already; stop it first')
    const { data } = this.folder
    const program = this.#binaries.postgres
    const postmaster = await PostmasterProcess.spawn({ program, data, port: this.port })
    this.#postmaster = postmaster
    this.folder.guard([postmaster.pid])
    void postmaster.ended.then(() => this.folder.guard([]))
    await postmaster.ready()
  }

  /**
   * Stops it by the signal for that, and waits until it has ended. Smart: as soon as all clients
   * have gone by themselves. Fast: breaks their connections, and writes everything to its files.
   * Immediate: only breaks the connections; the next start has to recover.
   */
  async stop(mode: StopMode): Promise<void> {
    await this.#started().end(SIGNALS[mode])
  }

  /**
   * Ends all of its processes at once, as a power cut would; but what the system has yet to write
   * to the disk it still writes.
   */
  async kill(): Promise<void> {
    await this.#started().kill()
  }

  /** Stops it and starts it again. */
  async restart(mode: StopMode = 'fast'): Promise<void> {
    await this.stop(mode)
    await this.start()
  }

  /** Makes it stand still: connections stay open and are not answered; new ones hang. */
  freeze(): void {
    this.folder.guard(this.#started().signalAll('SIGSTOP'))
  }

  /** Lets it go on after `freeze`. */
  thaw(): void {
    this.#started().signalAll('SIGCONT')
  }

  /** Asks one thing, as superuser and through a connection of its own, and gives the rows. */
  query<Row extends QueryResultRow>(
    sql: string,
    params: readonly unknown[] = [],
    database?: string,
  ): Promise<Row[]> {
    return queryOnce<Row>(this.url(database), sql, params)
  }

  /** Creates an empty database and gives its URL. */
  createDatabase(): Promise<string> {
    return createDatabase(this.url())
  }

  /** Breaks connections of clients, as an administrator would. Gives how many there were. */
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

  /** Prepares its folder and starts it; leaves nothing behind when that fails. */
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

  /** Adds settings; they count from the next start. */
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
