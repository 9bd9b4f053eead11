import type { Agent } from '@rollcall/protocol'
import type { RegistryProcess } from './registry-process.ts'
import { spawnRollcall } from './rollcall-command.ts'

/** A program that runs the script passed as its next argument. */
export const NODE = [process.execPath, '-e']
/** A script that runs until it is terminated. */
export const LONG_RUNNING = 'setTimeout(() => {}, 60_000)'

/** Exit codes of a program terminated by a signal, as in a shell. */
export const diedOf = { SIGKILL: 128 + 9, SIGTERM: 128 + 15, SIGINT: 128 + 2 }

/** A `rollcall run` in the background, with the agent id `side`. */
export class Sidecar implements AsyncDisposable {
  readonly exit: Promise<number | null>
  stderr = ''
  stdout = ''
  readonly #child: ReturnType<typeof spawnRollcall>

  /** @param environment variables in addition to `REGISTRY_URL` */
  constructor(
    cwd: string,
    registryUrl: string,
    args: readonly string[],
    environment: Readonly<Record<string, string>> = {},
  ) {
    const env = { REGISTRY_URL: registryUrl, ...environment }
    this.#child = spawnRollcall(['run', '--name', 'test', '--id', 'side', ...args], { cwd, env })
    this.#child.stdout?.on('data', (text: string) => {
      this.stdout += text
    })
    this.#child.stderr?.on('data', (text: string) => {
      this.stderr += text
    })
    this.exit = new Promise((resolve) => this.#child.once('close', (code) => resolve(code)))
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGTERM')
    await this.exit
  }
}

/** Returns the agent of the sidecar, dead or alive; undefined if it is unknown. */
export async function agentIn(registry: RegistryProcess): Promise<Agent | undefined> {
  const { status, body } = await registry.http.get<Agent>('/agents/side')
  return status === 200 ? body : undefined
}

/** Returns the event types of the agent of the sidecar, oldest first. */
export async function eventTypes(registry: RegistryProcess): Promise<string[]> {
  const { body } = await registry.http.get<{ type: string }[]>('/agents/side/events')
  return body.map(({ type }) => type)
}
