import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { Notify } from './notices.ts'
import { ProcessTree } from './process-tree.ts'
import { SignalProbe } from './signal-probe.ts'

/** How to run a program. */
export interface ProgramOptions {
  readonly command: string
  readonly args: readonly string[]
  /** The whole environment of the program. */
  readonly environment: NodeJS.ProcessEnv
  /** Seconds that the program and its descendants have to exit after SIGTERM. */
  readonly killAfterSeconds: number
  readonly notify: Notify
}

/** The program could not be started; the exit code is that of a shell in this case. */
export class ProgramNotStartedError extends Error {
  override readonly name = 'ProgramNotStartedError'
  readonly exitCode: 126 | 127

  constructor(message: string, exitCode: 126 | 127) {
    super(message)
    this.exitCode = exitCode
  }
}

/** Signals to forward: by default they would terminate this process and orphan the program. */
const FORWARDED_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
/** Signals that a terminal sends to the whole foreground group, including the program. */
const TERMINAL_SIGNALS: readonly string[] = ['SIGINT', 'SIGQUIT']

/**
 * Whether the program leads a process group. Not on a terminal, from which another group could not
 * read, and not on Windows, which has no process groups.
 */
const HAS_GROUP = process.stdin.isTTY !== true && process.platform !== 'win32'

/** A running program, which inherits stdin, stdout and stderr. */
export class ProgramProcess {
  /**
   * Resolves when the program and its descendants have exited, with the exit code, or 128 plus the
   * signal number, as in a shell.
   */
  readonly exited: Promise<number>
  readonly #child: ChildProcess
  readonly #options: ProgramOptions
  readonly #tree: ProcessTree
  readonly #probe = SignalProbe.start()
  #killTimer: NodeJS.Timeout | undefined
  /** In the time of `performance.now()`. */
  #killAt: number | undefined

  private constructor(child: ChildProcess, options: ProgramOptions) {
    this.#child = child
    this.#options = options
    this.#tree = new ProcessTree(child.pid ?? 0, { hasGroup: HAS_GROUP })
    this.exited = new Promise<number>((resolve) => {
      child.once('exit', (code, signal) => {
        clearTimeout(this.#killTimer)
        resolve(code ?? 128 + (signal ? constants.signals[signal] : 0))
      })
    }).then(async (code) => {
      this.#probe?.end()
      await this.#terminateRemaining()
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
    // The process id is known only after spawning.
    return new ProgramProcess(child, options)
  }

  /**
   * Forwards signals that this process receives to the program.
   *
   * @param onSignal called with each signal before it is forwarded
   */
  forwardSignals(onSignal: (signal: NodeJS.Signals) => void): void {
    for (const signal of FORWARDED_SIGNALS) {
      process.on(signal, async () => {
        // Scan first: a process whose parent has exited can no longer be found.
        this.#tree.scan()
        onSignal(signal)
        // The program has already received it: many programs exit immediately on a second signal.
        const isAtTerminal = !HAS_GROUP && TERMINAL_SIGNALS.includes(signal)
        if (isAtTerminal) return
        if (await this.#probe?.wasSignalled(signal)) this.#expectExit(signal)
        else this.#signal(signal)
      })
    }
  }

  /** Terminates the program. It is killed with its descendants if it does not exit in time. */
  terminate(): void {
    this.#tree.scan()
    this.#signal('SIGTERM')
  }

  /**
   * Signals only the program itself: many programs, such as npm, forward signals to their children,
   * and many servers exit immediately on a second one. Remaining processes get SIGTERM after the
   * program has exited.
   */
  #signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
    this.#expectExit(signal)
  }

  #expectExit(signal: NodeJS.Signals): void {
    // Other signals need not cause an exit: shells survive SIGINT, daemons survive SIGHUP.
    if (signal === 'SIGTERM') this.#killLater()
  }

  #killLater(): void {
    const { killAfterSeconds, notify, command } = this.#options
    this.#killAt ??= performance.now() + killAfterSeconds * 1000
    this.#killTimer ??= setTimeout(() => {
      notify(
        'killed',
        `${command} did not exit within ${killAfterSeconds} s of SIGTERM: killing it`,
      )
      this.#tree.kill()
    }, killAfterSeconds * 1000)
  }

  /** Terminates descendants that remain after the program has exited and may hold the port. */
  async #terminateRemaining(): Promise<void> {
    const { killAfterSeconds, notify, command } = this.#options
    const { remaining } = this.#tree
    if (remaining.length > 0) {
      const processes = remaining.length === 1 ? 'a process' : `${remaining.length} processes`
      const message = `${command} exited and left ${processes} running: terminating`
      notify('left_behind', message)
    }
    await this.#tree.terminateRemaining(this.#killAt ?? performance.now() + killAfterSeconds * 1000)
  }
}

function notStarted(command: string, error: NodeJS.ErrnoException): ProgramNotStartedError {
  switch (error.code) {
    case 'ENOENT': {
      const isPath = command.includes('/')
      const why = isPath ? 'no such file or interpreter (#!)' : 'command not found'
      return new ProgramNotStartedError(`${command}: ${why}`, 127)
    }
    case 'EACCES':
      return new ProgramNotStartedError(`${command}: not executable. Try: chmod +x ${command}`, 126)
    default:
      return new ProgramNotStartedError(`${command}: could not be started: ${error.message}`, 126)
  }
}
