import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { DriverError, DriverMessage } from './driver-messages.ts'
import type { Sdk } from './sdks.ts'

const running = new Set<ChildProcess>()
process.once('exit', () => {
  // Processes of tests that timed out.
  for (const child of running) child.kill('SIGKILL')
})

/** A command that the SDK has rejected. */
class SdkError extends Error {
  readonly error: DriverError

  constructor(error: DriverError) {
    super(error.message)
    this.error = error
  }
}

/** An SDK in its own process, controlled by its driver. */
export class SdkProcess implements AsyncDisposable {
  /** Everything that has been reported, apart from outcomes of commands. */
  readonly reported: DriverMessage[] = []
  readonly #child: ChildProcess
  readonly #exit: Promise<void>
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #waiters: (() => void)[] = []
  #commands = 0
  #stderr = ''

  /** @param environment besides `PATH` */
  constructor(sdk: Sdk, environment: Readonly<Record<string, string>>) {
    const [program, ...args] = sdk.command
    this.#child = spawn(program, args, {
      env: { PATH: process.env.PATH ?? '', ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    running.add(this.#child)
    const { stdout, stderr, stdin } = this.#child
    if (stdout) createInterface({ input: stdout }).on('line', (line) => this.#handle(line))
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text
    })
    // A process that has died is reported by its exit.
    stdin?.on('error', () => undefined)
    this.#exit = new Promise((resolve) => {
      this.#child.once('close', () => {
        running.delete(this.#child)
        const error = new Error(`the driver has exited: ${this.#stderr}`)
        for (const { reject } of this.#pending.values()) reject(error)
        this.#pending.clear()
        resolve()
      })
    })
  }

  /** What the SDK has logged. */
  get log(): string {
    return this.#stderr
  }

  /**
   * Executes a command. Resolves with its result.
   *
   * @throws SdkError with what the SDK has thrown
   */
  do<T = unknown>(name: string, options: Readonly<Record<string, unknown>> = {}): Promise<T> {
    const id = ++this.#commands
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    this.#child.stdin?.write(`${JSON.stringify({ id, do: name, with: options })}\n`)
    return pending.promise as Promise<T>
  }

  /** Executes a command that the SDK is to reject. Resolves with the error. */
  async failure(
    name: string,
    options: Readonly<Record<string, unknown>> = {},
  ): Promise<DriverError> {
    try {
      await this.do(name, options)
    } catch (error) {
      if (error instanceof SdkError) return error.error
      throw error
    }
    throw new Error(`${name} was not rejected`)
  }

  /** The events of agents so far, by name. */
  get events(): string[] {
    return this.reported.flatMap(({ event }) => event ?? [])
  }

  /** The events of watches so far, by type. */
  get watched(): string[] {
    return this.reported.flatMap(({ watch }) => watch ?? [])
  }

  /** Resolves with the first report for which the condition is true, of those so far and to come. */
  async until(isMet: (message: DriverMessage) => boolean): Promise<DriverMessage> {
    for (;;) {
      const found = this.reported.find(isMet)
      if (found) return found
      await new Promise<void>((resolve) => this.#waiters.push(resolve))
    }
  }

  /** Resolves once an agent has emitted an event. */
  event(name: string): Promise<DriverMessage> {
    return this.until(({ event }) => event === name)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exit
  }

  #handle(line: string): void {
    const message: DriverMessage = JSON.parse(line)
    const pending = message.id === undefined ? undefined : this.#pending.get(message.id)
    if (message.id !== undefined) {
      this.#pending.delete(message.id)
      if (message.error) pending?.reject(new SdkError(message.error))
      else pending?.resolve(message.result)
      return
    }
    this.reported.push(message)
    const waiters = this.#waiters
    this.#waiters = []
    for (const resolve of waiters) resolve()
  }
}
