import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Notify } from './notices.ts'

/** What is run, and how. */
export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment of the program. */
  readonly environment: NodeJS.ProcessEnv
  /** Seconds that the program has to end after SIGTERM. */
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

/** The program that is run, with our input and output as its own. */
export class ProgramProcess {
  /** Resolves when the program has ended: its exit code, or 128 and its signal, as in a shell. */
  readonly ended: Promise<number>
  readonly #child: ChildProcess
  readonly #options: ProgramOptions
  #killTimer: NodeJS.Timeout | undefined

  private constructor(child: ChildProcess, options: ProgramOptions) {
    this.#child = child
    this.#options = options
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        clearTimeout(this.#killTimer)
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
      })
    })
  }

  /** @throws ProgramNotStartedError */
  static async start(options: ProgramOptions): Promise<ProgramProcess> {
    const { command, args, environment } = options
    const child = spawn(command, args, { stdio: 'inherit', env: environment })
    const program = new ProgramProcess(child, options)
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve)
      child.once('error', (error: NodeJS.ErrnoException) => reject(notStarted(command, error)))
    })
    return program
  }

  /**
   * Passes on to the program what we are sent, as often as it comes.
   *
   * @param heard told of each signal, after it was passed on
   */
  passSignalsOn(heard: (signal: NodeJS.Signals) => void): void {
    for (const signal of PASSED_ON) {
      process.on(signal, () => {
        // Ctrl-C reaches the program without us; twice would mean "at once" to many programs.
        if (!(process.stdin.isTTY && FROM_TERMINAL.includes(signal))) this.#signal(signal)
        heard(signal)
      })
    }
  }

  /** Asks the program to end. It is killed when it does not in time. */
  end(): void {
    this.#signal('SIGTERM')
  }

  #signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
    // Other signals need not mean the end: shells live on after SIGINT, daemons after SIGHUP.
    if (signal === 'SIGTERM') this.#killLater()
  }

  #killLater(): void {
    const { killAfterSeconds, notify, command } = this.#options
    this.#killTimer ??= setTimeout(() => {
      notify(`${command} did not end within ${killAfterSeconds} s of SIGTERM: killing it`)
      this.#child.kill('SIGKILL')
    }, killAfterSeconds * 1000)
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
