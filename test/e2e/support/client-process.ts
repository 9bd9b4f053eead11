import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** A folder from which programs resolve `@rollcall/client` to the built package. */
const HERE = fileURLToPath(new URL('.', import.meta.url))

const running = new Set<ChildProcess>()
process.once('exit', () => {
  // Processes of tests that timed out.
  for (const child of running) child.kill('SIGKILL')
})

/** A user program with the client, in its own process, which is killed on dispose. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #exit: Promise<number | null>
  #output = ''
  #onOutput = Promise.withResolvers<void>()

  private constructor(child: ChildProcess) {
    this.#child = child
    const onOutput = (text: string): void => {
      this.#output += text
      this.#onOutput.resolve()
      this.#onOutput = Promise.withResolvers()
    }
    child.stdout?.setEncoding('utf8').on('data', onOutput)
    child.stderr?.setEncoding('utf8').on('data', onOutput)
    this.#exit = new Promise((resolve) => {
      child.once('close', (code) => {
        running.delete(child)
        resolve(code)
        this.#onOutput.resolve()
      })
    })
  }

  /**
   * @param program source text of a module, which runs with `REGISTRY_URL`
   * @param node options for Node
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

  /** Output to stdout and stderr. */
  get output(): string {
    return this.#output
  }

  /** Resolves once the output contains the text; rejects if the process exits before. */
  async printed(text: string): Promise<void> {
    while (!this.#output.includes(text)) {
      if (this.#child.exitCode !== null)
        throw new Error(`the process exited with the output: ${this.#output}`)
      await this.#onOutput.promise
    }
  }

  /** Writes a line to stdin. */
  write(line: string): void {
    this.#child.stdin?.write(`${line}\n`)
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name)
  }

  /** Resolves with the exit code; null if the process was terminated by a signal. */
  get exit(): Promise<number | null> {
    return this.#exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }
}
