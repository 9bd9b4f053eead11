import { type FreshStore, freshStore, STORE, type StoreName } from '../../stores/fresh-store.ts'
import { RegistryProcess } from './registry-process.ts'

/** The processes of one registry on an empty store. */
export class RegistryNodes implements AsyncDisposable {
  readonly nodes: readonly [RegistryProcess, ...RegistryProcess[]]
  readonly #owned: AsyncDisposableStack

  private constructor(nodes: readonly RegistryProcess[], owned: AsyncDisposableStack) {
    this.nodes = nodes as [RegistryProcess, ...RegistryProcess[]]
    this.#owned = owned
  }

  /** @param count default: two on the store that allows it */
  static async start(
    store: StoreName = STORE,
    count = store === 'postgres' ? 2 : 1,
  ): Promise<RegistryNodes> {
    await using stack = new AsyncDisposableStack()
    const fresh: FreshStore = stack.use(await freshStore(store))
    const start = async () =>
      stack.use(await RegistryProcess.start({ cwd: fresh.folder, db: fresh.url }))
    const nodes = await Promise.all(Array.from({ length: count }, start))
    return new RegistryNodes(nodes, stack.move())
  }

  get first(): RegistryProcess {
    return this.nodes[0]
  }

  /** The same as the first if there is only one. */
  get last(): RegistryProcess {
    return this.nodes.at(-1) ?? this.first
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned.disposeAsync()
  }
}
