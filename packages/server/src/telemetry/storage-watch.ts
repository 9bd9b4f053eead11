import type { FastifyBaseLogger } from 'fastify'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { isRegistryError } from '../domain/registry-error.ts'
import { FailureLog } from './failure-log.ts'

const INTERVAL_MS = 1000

/** Asks a store once a second whether it takes writes, and logs when that changes. */
export class StorageWatch {
  readonly #repository: AgentRegistryRepository
  readonly #log: FailureLog
  #timer: NodeJS.Timeout | undefined
  #asking: Promise<void> | undefined

  constructor(repository: AgentRegistryRepository, logger: FastifyBaseLogger) {
    this.#repository = repository
    this.#log = new FailureLog({ logger, what: 'the store' })
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#asking ??= this.#ask().finally(() => {
        this.#asking = undefined
      })
    }, INTERVAL_MS).unref()
  }

  /** Notes that a request found the store failing. */
  failed(error: unknown): void {
    this.#log.failed(error)
  }

  /** Resolves when nothing is asked any more. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#asking
  }

  async #ask(): Promise<void> {
    try {
      await this.#repository.checkWritable()
      this.#log.worked()
    } catch (error) {
      if (!isRegistryError(error, 'CLOSED')) this.#log.failed(error)
    }
  }
}
