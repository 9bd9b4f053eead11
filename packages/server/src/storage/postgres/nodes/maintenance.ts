/** Work in the background that one node does for all. */
export interface MaintenanceTask {
  /** Milliseconds between two runs. */
  readonly everyMs: number
  /** Does a part of it. Returns whether there is more to do at once. */
  readonly work: () => Promise<boolean>
}

/** Runs maintenance tasks when they are due, one after the other. */
export class Maintenance {
  readonly #tasks: readonly MaintenanceTask[]
  readonly #dueAt = new Map<MaintenanceTask, number>()
  #running: Promise<void> | undefined
  #closed = false

  constructor(tasks: readonly MaintenanceTask[]) {
    this.#tasks = tasks
  }

  /** Starts the tasks that are due, unless some are still running. */
  startDue(): void {
    const now = performance.now()
    const due = this.#tasks.filter((task) => (this.#dueAt.get(task) ?? 0) <= now)
    if (due.length === 0) return
    this.#running ??= this.#run(due)
      // The database is unavailable; the next run makes up for it.
      .catch(() => undefined)
      .finally(() => {
        this.#running = undefined
      })
  }

  /** Starts no more work. Resolves when what is running has ended. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#running
  }

  async #run(tasks: readonly MaintenanceTask[]): Promise<void> {
    for (const task of tasks) {
      this.#dueAt.set(task, performance.now() + task.everyMs)
      while (!this.#closed && (await task.work())) await new Promise(setImmediate)
    }
  }
}
