import { SingleFlight } from '../../../scheduling/single-flight.ts'

/** Work in the background that one node does for all. */
export interface PeriodicTask {
  /** Milliseconds between two runs. */
  readonly everyMs: number
  /** Does a part of it. Returns whether there is more to do at once. */
  readonly work: () => Promise<boolean>
}

/** Runs periodic tasks when they are due, in turns: a part of each, so that a long one delays no other. */
export class PeriodicTasks {
  readonly #tasks: readonly PeriodicTask[]
  readonly #dueAt = new Map<PeriodicTask, number>()
  // If the database is unavailable, the next run makes up for it.
  readonly #runs = new SingleFlight(() => this.#runDue().catch(() => undefined))
  #closed = false

  constructor(tasks: readonly PeriodicTask[]) {
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

  #isDue(task: PeriodicTask): boolean {
    return (this.#dueAt.get(task) ?? 0) <= performance.now()
  }

  async #runDue(): Promise<void> {
    let unfinished: readonly PeriodicTask[] = []
    do {
      const begun = this.#tasks.filter((task) => unfinished.includes(task) || this.#isDue(task))
      const rest: PeriodicTask[] = []
      for (const task of begun) {
        if (this.#closed) return
        this.#dueAt.set(task, performance.now() + task.everyMs)
        if (await task.work()) rest.push(task)
      }
      unfinished = rest
      await new Promise(setImmediate)
    } while (unfinished.length > 0)
  }
}
