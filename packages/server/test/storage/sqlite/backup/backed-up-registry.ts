import { readdirSync } from 'node:fs'
import { TemporaryFolder } from '../../../../../../test/e2e/support/temporary-folder.ts'
import {
  SqliteAgentRegistryRepository,
  type SqliteRepositoryOptions,
} from '../../../../src/storage/sqlite/repository.ts'
import { registration } from '../../sample-registration.ts'

/** A folder with a registry `a.db` of some agents, and the paths of files in it. */
export class BackedUpRegistry implements AsyncDisposable {
  readonly folder = new TemporaryFolder()
  readonly file = this.folder.file('a.db')
  readonly backup = this.folder.file('backup.db')
  #store: SqliteAgentRegistryRepository | undefined

  static async start(agents = 3, options?: SqliteRepositoryOptions): Promise<BackedUpRegistry> {
    const registry = new BackedUpRegistry()
    const store = await registry.open(options)
    await addAgents(store, agents)
    return registry
  }

  /** Opens the registry, or another file of the folder, instead of the one that is open. */
  async open(options: SqliteRepositoryOptions = {}, file = this.file) {
    await this.#store?.close()
    this.#store = await SqliteAgentRegistryRepository.open(file, options)
    return this.#store
  }

  get store(): SqliteAgentRegistryRepository {
    if (this.#store === undefined) throw new Error('the registry is not open')
    return this.#store
  }

  /** The names of the files in the folder. */
  get files(): string[] {
    return readdirSync(this.folder.path).sort()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store?.close()
    this.folder[Symbol.dispose]()
  }
}

export async function addAgents(
  store: SqliteAgentRegistryRepository,
  agents: number,
  prefix = 'agent',
): Promise<void> {
  const ids = Array.from({ length: agents }, (_, index) => `${prefix}-${index}`)
  await Promise.all(ids.map((agentId) => store.add(registration({ agentId }))))
}

/** What clients can read: agents without the time that has passed, the history and its position. */
export async function contentOf(store: SqliteAgentRegistryRepository): Promise<unknown> {
  const agents = (await Array.fromAsync(store.listAll({ includeDead: true }))).flat()
  const { epoch, revision } = await store.counts()
  return {
    epoch,
    revision,
    agents: agents.map(({ expiresAtMs: _, ...agent }) => ({ ...agent })),
    history: (await store.eventsSince(0)).map(({ agent: _, ...transition }) => transition),
  }
}
