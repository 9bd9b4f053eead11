import { type ChildProcess, spawn } from 'node:child_process'

/** Milliseconds within which a signal to all processes of a unit has reached each of them. */
const SPREAD_MS = 150

/**
 * A process that does nothing but wait, to learn whether a signal was meant for us alone. systemd sends
 * SIGTERM to all processes of a unit at once, unless its `KillMode` says otherwise: then the program
 * has it already, and a second one would mean "at once" to many servers. No process can ask who else
 * got a signal, but the exit of another process shows it.
 */
export class SignalWitness {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
    child.once('error', () => undefined)
    child.unref()
  }

  /** Starts one under systemd, recognized by its environment; undefined elsewhere. */
  static start(): SignalWitness | undefined {
    if (!process.env.INVOCATION_ID) return undefined
    // Of its own group: what is sent to ours from a terminal is not its concern.
    const options = { stdio: 'ignore', detached: true } as const
    return new SignalWitness(spawn('sleep', ['infinity'], options))
  }

  /** Whether a signal that we have just got was sent to everybody. */
  async hasHeard(signal: NodeJS.Signals): Promise<boolean> {
    if (this.#hasEnded) return this.#child.signalCode === signal
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, SPREAD_MS)
      this.#child.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    return this.#child.signalCode === signal
  }

  end(): void {
    if (!this.#hasEnded) this.#child.kill('SIGKILL')
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
