import { setTimeout as sleep } from 'node:timers/promises'
import { descendantsOf, type ProcessEntry, runningProcesses } from './process-table.ts'

/** Milliseconds between two checks for processes that are left. */
const POLL_MS = 50
/** Milliseconds between two looks for new processes, without a process group. */
const LOOK_MS = 500
/** Milliseconds that the system may take to end what was killed. */
const KILLED_MS = 1000

/**
 * A program and all processes that it began, so that none of them stays behind and keeps the port
 * when the program ends: `sh -c 'server; true'` and `npm start` do not pass signals on, or not to
 * everyone.
 *
 * Without a terminal, the program leads a process group of its own, and its members belong to it. At
 * a terminal it stays in ours: another group could not read from the terminal, and would not get
 * Ctrl-C. There its descendants are looked up now and then, since a process whose parent has ended
 * cannot be found by it any more.
 */
export class ProcessFamily {
  readonly #pid: number
  readonly #hasGroup: boolean
  readonly #processes: () => readonly ProcessEntry[]
  /** Those that belong to it and still run, as of the last look. */
  #seen: readonly ProcessEntry[] = []
  readonly #looking: NodeJS.Timeout | undefined

  /**
   * @param pid of the program
   * @param options.hasGroup whether it leads a process group
   * @param options.processes lists what runs on this machine
   */
  constructor(
    pid: number,
    options: { hasGroup: boolean; processes?: () => readonly ProcessEntry[] },
  ) {
    this.#pid = pid
    this.#hasGroup = options.hasGroup
    this.#processes = options.processes ?? runningProcesses
    if (!this.#hasGroup) this.#looking = setInterval(() => this.look(), LOOK_MS).unref()
  }

  /** Notes which processes belong to the program, while it runs. */
  look(): void {
    if (this.#hasGroup) return
    const running = this.#processes()
    const descendants = descendantsOf(this.#pid, running)
    const orphans = this.#stillThere(running).filter((it) => !descendants.includes(it))
    this.#seen = [...descendants, ...orphans]
  }

  /** The processes that still run; the program itself has ended. */
  get left(): number[] {
    const running = this.#processes()
    const left = this.#hasGroup
      ? running.filter(({ group }) => group === this.#pid)
      : this.#stillThere(running)
    return left.map(({ pid }) => pid)
  }

  /** The id alone may by now belong to an unrelated process. */
  #stillThere(running: readonly ProcessEntry[]): ProcessEntry[] {
    return running.filter(({ pid, startedAt }) =>
      this.#seen.some((seen) => seen.pid === pid && seen.startedAt === startedAt),
    )
  }

  /** Sends SIGKILL to all of it, the program included. */
  kill(): void {
    this.look()
    for (const pid of [this.#pid, ...this.left]) signal(pid, 'SIGKILL')
  }

  /**
   * Ends the processes that are left after the program: SIGTERM, and SIGKILL for those that still run
   * when the time is over.
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
