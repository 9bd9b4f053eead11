import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import {
  type FreshDatabase,
  freshDatabase,
} from '../../../../../test/postgres/support/shared-postgres.ts'
import { copyRegistry } from '../../../src/storage/copy/copy-registry.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import type { PostgresRepositoryOptions } from '../../../src/storage/postgres/repository-options.ts'
import {
  SqliteAgentRegistryRepository,
  type SqliteRepositoryOptions,
} from '../../../src/storage/sqlite/repository.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'

/** A copy of one registry: the source file and the target schema. */
class RegistryMove {
  readonly file: string
  readonly databaseUrl: string
  readonly schema: string

  constructor(file: string, target: { databaseUrl: string; schema: string }) {
    this.file = file
    this.databaseUrl = target.databaseUrl
    this.schema = target.schema
  }

  /** Fills the file with a registry that started an hour ago, and closes it. */
  async fill(
    work: (source: SqliteAgentRegistryRepository, clock: ManualClock) => Promise<void>,
    options: SqliteRepositoryOptions & { agoMs?: number } = {},
  ): Promise<void> {
    const { agoMs = 3_600_000, ...rest } = options
    const clock = new ManualClock({ wallMs: Date.now() - agoMs })
    await using source = await SqliteAgentRegistryRepository.open(this.file, { clock, ...rest })
    await work(source, clock)
  }

  copy() {
    const { file, databaseUrl: to, schema } = this
    return copyRegistry({ from: `sqlite:///${file}`, to, schema })
  }

  /** Opens the copy, without a restart grace that would extend leases. */
  openMoved(options: PostgresRepositoryOptions = {}) {
    const { databaseUrl, schema } = this
    return PostgresAgentRegistryRepository.open(databaseUrl, {
      schema,
      restartGraceSeconds: 0,
      ...options,
    })
  }
}

/** A folder and a database; each copy has its own file and schema. */
export class RegistryMoves implements AsyncDisposable {
  readonly #database: FreshDatabase
  readonly #folder: TemporaryFolder
  #count = 0

  private constructor(database: FreshDatabase, folder: TemporaryFolder) {
    this.#database = database
    this.#folder = folder
  }

  static async start(): Promise<RegistryMoves> {
    return new RegistryMoves(await freshDatabase(), new TemporaryFolder())
  }

  next(): RegistryMove {
    const number = ++this.#count
    return new RegistryMove(this.#folder.file(`${number}.db`), {
      databaseUrl: this.#database.url,
      schema: `moved_${number}`,
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folder[Symbol.dispose]()
    await this.#database[Symbol.asyncDispose]()
  }
}
