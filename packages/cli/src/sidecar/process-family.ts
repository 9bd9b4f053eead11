import { setTimeout as sleep } from 'node:timers/promises'
import { descendantsOf, runningProcesses } from './process-table.ts'

/** Milliseconds between two looks at who is still there. */
const POLL_MS = 50
/** Milliseconds between two looks at who has come, for a family without a group of its own. */
const LOOK_MS = 500
/** Milliseconds that the system may take to end what was killed. */
const KILLED_MS = 1000

/**
 * A program and all processes that it began, so that none of them stays behind and keeps the port
 * when the program ends: `sh -c 'server; true'` and `npm start` do not pass signals on, or not to
 * everyone.
 *
 * Where nobody types, the program leads a process group of its own, and who is in it belongs to it. At
 * a terminal it stays in ours: another group could not read from the terminal, and would not get
 * Ctrl-C. There its descendants are looked up now and then, since a process whose parent has ended
 * cannot be found by it any more.
 */
export class ProcessFamily {
  readonly #pid: number
  readonly #hasGroup: boolean
  readonly #seen = new Set<number>()
  readonly #looking: NodeJS.Timeout | undefined

  /**
   * @param pid of the program
   * @param options.hasGroup whether it leads a process group
   */
  constructor(pid: number, options: { hasGroup: boolean }) {
    this.#pid = pid
    this.#hasGroup = options.hasGroup
    if (!this.#hasGroup) this.#looking = setInterval(() => this.look(), LOOK_MS).unref()
  }

  /** Notes who belongs to the program now, while it can still be asked. */
  look(): void {
    if (this.#hasGroup) return
    for (const pid of descendantsOf(this.#pid)) this.#seen.add(pid)
  }

  /** Those who are still there; the program itself has ended. */
  get left(): number[] {
    return runningProcesses()
      .filter(({ pid, group }) => (this.#hasGroup ? group === this.#pid : this.#seen.has(pid)))
      .map(({ pid }) => pid)
  }

  /** Sends SIGKILL to all of it, the program included. */
  kill(): void {
    this.look()
    for (const pid of [this.#pid, ...this.left]) signal(pid, 'SIGKILL')
  }

  /**
   * Ends those who are left after the program: SIGTERM, and SIGKILL for whoever is still there when
   * the time is over.
   *
   * @param deadline as of `performance.now()`
   */
  async endRest(deadline: number): Promise<void> {
    clearInterval(this.#looking)
    for (const pid of this.left) signal(pid, 'SIGTERM')
    if (await this.#isGoneBy(deadline)) return
    for (const pid of this.left) signal(pid, 'SIGKILL')
    await this.#isGoneBy(performance.now() + KILLED_MS)
  }

  async #isGoneBy(deadline: number): Promise<boolean> {
    while (this.left.length > 0) {
      if (performance.now() >= deadline) return false
      await sleep(POLL_MS)
    }
    return true
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch {
    // It has ended meanwhile.
  }
}
