import { RegistryProcess } from './registry-process.ts'
import { runRollcall, spawnRollcall } from './rollcall-command.ts'
import { TemporaryFolder } from './temporary-folder.ts'

/** A registry, and the command with `REGISTRY_URL` set to it. */
export class CliSession implements AsyncDisposable {
  readonly registry: RegistryProcess
  readonly #folder: TemporaryFolder

  private constructor(registry: RegistryProcess, folder: TemporaryFolder) {
    this.registry = registry
    this.#folder = folder
  }

  /** @param options.args further options of `rollcall serve` */
  static async start(options: { args?: readonly string[] } = {}): Promise<CliSession> {
    const folder = new TemporaryFolder()
    const registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', ...options })
    return new CliSession(registry, folder)
  }

  /** Runs `rollcall` until it exits. */
  run(...args: string[]) {
    return runRollcall(args, this.#options)
  }

  /** Runs `rollcall` successfully, and returns its output. */
  async print(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args)
    if (code !== 0 || stderr !== '') {
      throw new Error(`rollcall ${args.join(' ')} exited with ${code}: ${stderr}`)
    }
    return stdout
  }

  /** Starts `rollcall` in the background. */
  spawn(...args: string[]) {
    return spawnRollcall(args, this.#options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.registry.kill()
    this.#folder[Symbol.dispose]()
  }

  get #options() {
    return { cwd: this.#folder.path, env: { REGISTRY_URL: this.registry.url } }
  }
}
