import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Notify } from './notices.ts'
import { ProcessFamily } from './process-family.ts'
import { SignalWitness } from './signal-witness.ts'

/** What is run, and how. */
export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment of the program. */
  readonly environment: NodeJS.ProcessEnv
  /** Seconds that the program and all that it began have to end after SIGTERM. */
  readonly killAfterSeconds: number
  readonly notify: Notify
}

/** The program could not be started; the exit code is what a shell would have given. */
export class ProgramNotStartedError extends Error {
  override readonly name = 'ProgramNotStartedError'
  readonly exitCode: 126 | 127

  constructor(message: string, exitCode: 126 | 127) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Everything that is meant for the program and would otherwise end us and leave it behind. */
const PASSED_ON = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
/** What a terminal sends by itself to everything in front of it, the program included. */
const FROM_TERMINAL: readonly string[] = ['SIGINT', 'SIGQUIT']

/**
 * Whether the program leads a process group. Not at a terminal, of which another group could not read,
 * nor on Windows, which has none.
 */
const HAS_GROUP = process.stdin.isTTY !== true && process.platform !== 'win32'

/** The program that is run, with our input and output as its own. */
export class ProgramProcess {
  /**
   * Resolves when the program has ended, and all that it began: its exit code, or 128 and its signal,
   * as in a shell.
   */
  readonly ended: Promise<number>
  readonly #child: ChildProcess
  readonly #options: ProgramOptions
  readonly #family: ProcessFamily
  readonly #witness = SignalWitness.start()
  #killTimer: NodeJS.Timeout | undefined
  /** As of `performance.now()`. */
  #killAt: number | undefined

  private constructor(child: ChildProcess, options: ProgramOptions) {
    this.#child = child
    this.#options = options
    this.#family = new ProcessFamily(child.pid ?? 0, { hasGroup: HAS_GROUP })
    this.ended = new Promise<number>((resolve) => {
      child.once('exit', (code, signal) => {
        clearTimeout(this.#killTimer)
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
      })
    }).then(async (code) => {
      this.#witness?.end()
      await this.#endRest()
      return code
    })
  }

  /** @throws ProgramNotStartedError */
  static async start(options: ProgramOptions): Promise<ProgramProcess> {
    const { command, args, environment } = options
    const child = spawn(command, args, {
      stdio: 'inherit',
      env: environment,
      detached: HAS_GROUP,
    })
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(command, error)))
    })
    // Only now it has an id.
    return new ProgramProcess(child, options)
  }

  /**
   * Passes on to the program what we are sent, as often as it comes.
   *
   * @param onSignal called with each signal, before it is passed on
   */
  passSignalsOn(onSignal: (signal: NodeJS.Signals) => void): void {
    for (const signal of PASSED_ON) {
      process.on(signal, async () => {
        // Before any of them ends: a process whose parent has ended cannot be found any more.
        this.#family.look()
        onSignal(signal)
        // Once is enough: twice means "at once" to many programs.
        const isAtTerminal = !HAS_GROUP && FROM_TERMINAL.includes(signal)
        if (isAtTerminal) return
        if (await this.#witness?.hasHeard(signal)) this.#expectEnd(signal)
        else this.#signal(signal)
      })
    }
  }

  /** Asks the program to end. It is killed, with all that it began, when it does not in time. */
  end(): void {
    this.#family.look()
    this.#signal('SIGTERM')
  }

  /**
   * To the program alone: many pass it on to what they began, npm for instance, and a second one means
   * "at once" to many servers. Processes that it does not reach get SIGTERM when the program has ended.
   */
  #signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
    this.#expectEnd(signal)
  }

  #expectEnd(signal: NodeJS.Signals): void {
    // Other signals need not mean the end: shells live on after SIGINT, daemons after SIGHUP.
    if (signal === 'SIGTERM') this.#killLater()
  }

  #killLater(): void {
    const { killAfterSeconds, notify, command } = this.#options
    this.#killAt ??= performance.now() + killAfterSeconds * 1000
    this.#killTimer ??= setTimeout(() => {
      notify('killed', `${command} did not end within ${killAfterSeconds} s of SIGTERM: killing it`)
      this.#family.kill()
    }, killAfterSeconds * 1000)
  }

  /** The program has ended; it may have left something behind that still holds the port. */
  async #endRest(): Promise<void> {
    const { killAfterSeconds, notify, command } = this.#options
    const { left } = this.#family
    if (left.length > 0) {
      const processes = left.length === 1 ? 'a process' : `${left.length} processes`
      const message = `${command} has ended and left ${processes} running: ending that, too`
      notify('left_behind', message)
    }
    await this.#family.endRest(this.#killAt ?? performance.now() + killAfterSeconds * 1000)
  }
}

function notStarted(command: string, error: NodeJS.ErrnoException): ProgramNotStartedError {
  switch (error.code) {
    case 'ENOENT': {
      const isPath = command.includes('/')
      const why = isPath ? 'no such file, or no such interpreter (#!)' : 'command not found'
      return new ProgramNotStartedError(`${command}: ${why}`, 127)
    }
    case 'EACCES':
      return new ProgramNotStartedError(`${command}: not executable. Try: chmod +x ${command}`, 126)
    default:
      return new ProgramNotStartedError(`${command}: could not be started: ${error.message}`, 126)
  }
}
