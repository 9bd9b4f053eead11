import { type ChildProcess, spawn } from 'node:child_process'

/** Milliseconds within which a signal to a systemd unit reaches all its processes. */
const DELIVERY_MS = 150

/**
 * An idle child process that detects whether a signal was sent to this process alone. By default,
 * systemd sends SIGTERM to all processes of a unit (`KillMode`). The program then already has the
 * signal, and many servers exit immediately on a second one. A process cannot query who else
 * received a signal, but the exit of the probe shows it.
 */
export class SignalProbe {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
    child.once('error', () => undefined)
    child.unref()
  }

  /** Starts a probe under systemd, detected by its environment; returns undefined elsewhere. */
  static start(): SignalProbe | undefined {
    if (!process.env.INVOCATION_ID) return undefined
    // In its own group, so that it does not receive signals from a terminal.
    const options = { stdio: 'ignore', detached: true } as const
    return new SignalProbe(spawn('sleep', ['infinity'], options))
  }

  /** Whether a signal that this process has just received was also sent to the probe. */
  async wasSignalled(signal: NodeJS.Signals): Promise<boolean> {
    if (this.#hasExited) return this.#child.signalCode === signal
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, DELIVERY_MS)
      this.#child.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    return this.#child.signalCode === signal
  }

  end(): void {
    if (!this.#hasExited) this.#child.kill('SIGKILL')
  }

  get #hasExited(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }
}
