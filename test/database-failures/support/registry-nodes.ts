import { expect } from 'vitest'
import type { HttpClient } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../../e2e/support/temporary-folder.ts'

/** What a process writes when something went wrong that nobody had foreseen. */
const UNFORESEEN = /unhandled|uncaught|TypeError|ReferenceError|FATAL ERROR|MaxListeners/i

/** Some registry processes on one database. */
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

  /** Starts two of them, or as many as are asked for. */
  static async start(
    db: string,
    { count = 2, args = [] }: { count?: number; args?: readonly string[] } = {},
  ): Promise<RegistryNodes> {
    const folder = new TemporaryFolder()
    const all: RegistryProcess[] = []
    try {
      // Not at once: on a busy machine that would be too much for the time that a start has.
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

  /** A client of each node. */
  get clients(): readonly HttpClient[] {
    return this.all.map(({ http }) => http)
  }

  /** A client of one node, then of the next: what a load balancer would do. */
  next(): HttpClient {
    const { http } = this.all[this.#turn++ % this.all.length] as RegistryProcess
    return http
  }

  /** Lines that the nodes have logged. */
  get loggedLines(): number {
    return this.all.reduce((sum, { output }) => sum + output.split('\n').length - 1, 0)
  }

  /** Expects that no process has ended, and that nothing unforeseen is in a log. */
  expectUnharmed(): void {
    expect(this.#ended.map(({ output }) => output)).toEqual([])
    const unforeseen = this.all.flatMap(({ output }) =>
      output.split('\n').filter((line) => UNFORESEEN.test(line)),
    )
    expect(unforeseen).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((node) => node.kill()))
    this.#folder[Symbol.dispose]()
  }
}
