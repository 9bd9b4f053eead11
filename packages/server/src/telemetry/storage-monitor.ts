import type { FastifyBaseLogger } from 'fastify'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { isRegistryError } from '../domain/registry-error.ts'
import { SingleFlight } from '../scheduling/single-flight.ts'
import { FailureLog } from './failure-log.ts'

const INTERVAL_MS = 1000

/** Checks once a second whether a store accepts writes, and logs when that changes. */
export class StorageMonitor {
  readonly #repository: AgentRegistryRepository
  readonly #log: FailureLog
  #timer: NodeJS.Timeout | undefined
  readonly #checks = new SingleFlight(() => this.#check())

  constructor(repository: AgentRegistryRepository, logger: FastifyBaseLogger) {
    this.#repository = repository
    this.#log = new FailureLog({ logger, subject: 'the store' })
  }

  start(): void {
    this.#timer ??= setInterval(() => void this.#checks.run(), INTERVAL_MS).unref()
  }

  /** Records a failure of the store that was found elsewhere. */
  failed(error: unknown): void {
    this.#log.failed(error)
  }

  /** Stops checking. Resolves when no check is in flight. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#checks.settled()
  }

  async #check(): Promise<void> {
    try {
      await this.#repository.checkWritable()
      this.#log.succeeded()
    } catch (error) {
      if (!isRegistryError(error, 'CLOSED')) this.#log.failed(error)
    }
  }
}
