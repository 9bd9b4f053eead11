import { expect } from 'vitest'
import type { HttpClient } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../../e2e/support/temporary-folder.ts'

/** Output that indicates an unhandled error. */
const UNHANDLED_ERROR = /unhandled|uncaught|TypeError|ReferenceError|FATAL ERROR|MaxListeners/i

/** Several registry processes on one database. */
export class RegistryNodes implements AsyncDisposable {
  readonly all: readonly RegistryProcess[]
  readonly #folder: TemporaryFolder
  readonly #ended: RegistryProcess[] = []
  #turn = 0

  private constructor(folder: TemporaryFolder, all: readonly RegistryProcess[]) {
    this.#folder = folder
    this.all = all
    for (const node of all) void node.exit.then(() => this.#ended.push(node))
  }

  /** Starts two processes, or `count`. */
  static async start(
    db: string,
    { count = 2, args = [] }: { count?: number; args?: readonly string[] } = {},
  ): Promise<RegistryNodes> {
    const folder = new TemporaryFolder()
    const all: RegistryProcess[] = []
    try {
      // One after the other: starting all at once could exceed the start timeout on a busy machine.
      while (all.length < count) {
        all.push(await RegistryProcess.start({ cwd: folder.path, db, args }))
      }
    } catch (error) {
      for (const node of all) await node.kill()
      folder[Symbol.dispose]()
      throw error
    }
    return new RegistryNodes(folder, all)
  }

  /** One client for each node. */
  get clients(): readonly HttpClient[] {
    return this.all.map(({ http }) => http)
  }

  /** Returns a client of each node in turn, as a load balancer would. */
  next(): HttpClient {
    const { http } = this.all[this.#turn++ % this.all.length] as RegistryProcess
    return http
  }

  /** Number of lines that the nodes have logged. */
  get loggedLines(): number {
    return this.all.reduce((sum, { output }) => sum + output.split('\n').length - 1, 0)
  }

  /** Expects every process to run and no unhandled error in its log. */
  expectHealthy(): void {
    expect(this.#ended.map(({ output }) => output)).toEqual([])
    const unforeseen = this.all.flatMap(({ output }) =>
      output.split('\n').filter((line) => UNHANDLED_ERROR.test(line)),
    )
    expect(unforeseen).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((node) => node.kill()))
    this.#folder[Symbol.dispose]()
  }
}
