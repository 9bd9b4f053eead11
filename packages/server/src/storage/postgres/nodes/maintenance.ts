import { SingleFlight } from '../../../scheduling/single-flight.ts'

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
  // If the database is unavailable, the next run makes up for it.
  readonly #runs = new SingleFlight(() => this.#runDue().catch(() => undefined))
  #closed = false

  constructor(tasks: readonly MaintenanceTask[]) {
    this.#tasks = tasks
  }

  /** Starts the tasks that are due, unless some are still running. */
  startDue(): void {
    if (this.#tasks.some((task) => this.#isDue(task))) void this.#runs.run()
  }

  /** Starts no more work. Resolves when what is running has ended. */
  async close(): Promise<void> {
    this.#closed = true
    await this.#runs.settled()
  }

  #isDue(task: MaintenanceTask): boolean {
    return (this.#dueAt.get(task) ?? 0) <= performance.now()
  }

  async #runDue(): Promise<void> {
    for (const task of this.#tasks.filter((each) => this.#isDue(each))) {
      this.#dueAt.set(task, performance.now() + task.everyMs)
      while (!this.#closed && (await task.work())) await new Promise(setImmediate)
    }
  }
}
