import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Exit } from '../e2e/support/rollcall-command.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A program and its arguments, run from the root of the repository. */
export type Command = readonly [program: string, ...args: string[]]

/** The Node that runs examples; `ROLLCALL_EXAMPLES_NODE` overrides it. */
export const NODE = process.env.ROLLCALL_EXAMPLES_NODE ?? process.execPath

/** An example in TypeScript, run as its page says: with the built packages. */
export function node(path: string, ...args: string[]): Command {
  return [NODE, path, ...args]
}

/** An example in its own process, which is killed when disposed. */
export class ExampleProcess implements AsyncDisposable {
  /** Resolves when the process has exited. */
  readonly exit: Promise<Exit>
  readonly #child: ChildProcess
  #output = ''

  /**
   * @param env environment in addition to `PATH`
   * @param cwd working directory; default: the root of the repository
   */
  constructor([program, ...args]: Command, env: Readonly<Record<string, string>>, cwd = ROOT) {
    this.#child = spawn(program, args, {
      cwd,
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output += text
      })
    }
    this.exit = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('close', (code, signal) => resolve({ code, signal }))
    })
  }

  /** Output so far, of both streams. */
  get output(): string {
    return this.#output
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Waits until the output after a position matches. */
  async says(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const find = () => pattern.exec(this.#output.slice(from))
    await expect.poll(() => find() ?? this.#output, { interval: 5 }).toBeInstanceOf(Array)
    const found = find()
    if (found === null) throw new Error(`it never wrote ${pattern}`)
    return found
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.signal('SIGKILL')
    await this.exit
  }
}
