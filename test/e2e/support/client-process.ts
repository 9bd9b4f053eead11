import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Programs resolve `@rollcall/client` from here: the built package, as users have it. */
const HERE = fileURLToPath(new URL('.', import.meta.url))

const running = new Set<ChildProcess>()
process.once('exit', () => {
  // A test that timed out does not dispose its process.
  for (const child of running) child.kill('SIGKILL')
})

/** A user program with the client, in its own process, which is killed when disposed. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>
  #output = ''
  #onOutput = Promise.withResolvers<void>()

  private constructor(child: ChildProcess) {
    this.#child = child
    const hear = (text: string): void => {
      this.#output += text
      this.#onOutput.resolve()
      this.#onOutput = Promise.withResolvers()
    }
    child.stdout?.setEncoding('utf8').on('data', hear)
    child.stderr?.setEncoding('utf8').on('data', hear)
    this.#exit = new Promise((resolve) => {
      child.once('close', (code) => {
        running.delete(child)
        resolve(code)
        this.#onOutput.resolve()
      })
    })
  }

  /**
   * @param program source of a module; it gets `REGISTRY_URL`
   * @param node options of Node
   */
  static start(program: string, registryUrl: string, node: readonly string[] = []): ClientProcess {
    const child = spawn(process.execPath, [...node, '--eval', program], {
      cwd: HERE,
      env: { PATH: process.env.PATH ?? '', REGISTRY_URL: registryUrl },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    running.add(child)
    return new ClientProcess(child)
  }

  /** Combined output to stdout and stderr. */
  get output(): string {
    return this.#output
  }

  /** Resolves once the output contains the text; rejects if the process exits without it. */
  async said(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#child.exitCode !== null) throw new Error(`it exited and wrote: ${this.#output}`)
      await this.#onOutput.promise
    }
  }

  /** Sends a line to its stdin. */
  tell(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Resolves with the exit code; null if a signal ended the process. */
  get exit(): Promise<number | null> {
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }
}
