import { setTimeout as sleep } from 'node:timers/promises'
import { descendantsOf, type ProcessEntry, runningProcesses } from './process-table.ts'

/** Interval of checks for remaining processes, in milliseconds. */
const POLL_MS = 50
/** Interval of scans for new processes without a process group, in milliseconds. */
const SCAN_MS = 500
/** Milliseconds that the system may take to remove killed processes. */
const KILLED_MS = 1000

/**
 * Tracks a program and its descendants, so that none of them remains and keeps the port when the
 * program exits: `sh -c 'server; true'` and `npm start` do not forward signals to all children.
 *
 * Without a terminal, the program leads its own process group, which defines the tree. On a
 * terminal it stays in the group of this process: another group could not read from the terminal,
 * and would not receive Ctrl-C. In that case descendants are scanned periodically, since a process
 * whose parent has exited can no longer be found through it.
 */
export class ProcessTree {
  readonly #pid: number
  readonly #hasGroup: boolean
  readonly #processes: () => readonly ProcessEntry[]
  /** The running descendants found by the last scan. */
  #descendants: readonly ProcessEntry[] = []
  readonly #scanTimer: NodeJS.Timeout | undefined

  /**
   * @param pid process id of the program
   * @param options.hasGroup whether the program leads a process group
   * @param options.processes lists the processes of this machine
   */
  constructor(
    pid: number,
    options: { hasGroup: boolean; processes?: () => readonly ProcessEntry[] },
  ) {
    this.#pid = pid
    this.#hasGroup = options.hasGroup
    this.#processes = options.processes ?? runningProcesses
    if (!this.#hasGroup) this.#scanTimer = setInterval(() => this.scan(), SCAN_MS).unref()
  }

  /** Records the descendants of the program while it is running. */
  scan(): void {
    if (this.#hasGroup) return
    const running = this.#processes()
    const descendants = descendantsOf(this.#pid, running)
    const orphans = this.#stillRunning(running).filter((it) => !descendants.includes(it))
    this.#descendants = [...descendants, ...orphans]
  }

  /** Ids of the descendants that are still running after the program has exited. */
  get remaining(): number[] {
    const running = this.#processes()
    const remaining = this.#hasGroup
      ? running.filter(({ group }) => group === this.#pid)
      : this.#stillRunning(running)
    return remaining.map(({ pid }) => pid)
  }

  /** Compares start times as well: the id may have been reused by an unrelated process. */
  #stillRunning(running: readonly ProcessEntry[]): ProcessEntry[] {
    return running.filter(({ pid, startedAt }) =>
      this.#descendants.some((it) => it.pid === pid && it.startedAt === startedAt),
    )
  }

  /** Sends SIGKILL to the program and its descendants. */
  kill(): void {
    this.scan()
    for (const pid of [this.#pid, ...this.remaining]) signal(pid, 'SIGKILL')
  }

  /**
   * Terminates the remaining descendants with SIGTERM, and with SIGKILL after the deadline.
   *
   * @param deadline in the time of `performance.now()`
   */
  async terminateRemaining(deadline: number): Promise<void> {
    clearInterval(this.#scanTimer)
    for (const pid of this.remaining) signal(pid, 'SIGTERM')
    if (await this.#haveExitedBy(deadline)) return
    for (const pid of this.remaining) signal(pid, 'SIGKILL')
    await this.#haveExitedBy(performance.now() + KILLED_MS)
  }

  async #haveExitedBy(deadline: number): Promise<boolean> {
    while (this.remaining.length > 0) {
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
    // It has already exited.
  }
}
