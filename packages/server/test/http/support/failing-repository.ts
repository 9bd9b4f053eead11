import type {
  AgentRegistryRepository,
  RegistryCounts,
  RegistryError,
  StorageCapabilities,
  StorageStatistics,
} from '@rollcall/server'
import { MemoryAgentRegistryRepository } from '@rollcall/server'

/**
 * A store as a user might write it, which works until it is told to fail, and then fails in every
 * method. It is given to the server through its `repository` option, as any store of a user is.
 */
export class FailingRepository implements AgentRegistryRepository {
  readonly capabilities: StorageCapabilities = { name: 'failing', durable: false, shared: false }
  readonly #store = new MemoryAgentRegistryRepository()
  /** What every call rejects with from now on; undefined: all is well. */
  failure: Error | undefined
  /** Why it can never be used again; undefined: it can. */
  lost: RegistryError | undefined
  /** How many heartbeats have failed. */
  failedHeartbeats = 0
  /** Pages of a list that are given before it fails. */
  pagesBeforeFailure = 0

  async add(...given: Parameters<AgentRegistryRepository['add']>) {
    this.#failOrGoOn()
    return await this.#store.add(...given)
  }

  async get(agentId: string) {
    this.#failOrGoOn()
    return await this.#store.get(agentId)
  }

  async *listAll(...given: Parameters<AgentRegistryRepository['listAll']>) {
    let pages = 0
    for await (const page of this.#store.listAll(...given)) {
      if (this.failure && pages++ >= this.pagesBeforeFailure) throw this.failure
      yield page
    }
    if (this.failure) throw this.failure
  }

  async updateHeartbeat(...given: Parameters<AgentRegistryRepository['updateHeartbeat']>) {
    if (this.failure) this.failedHeartbeats++
    this.#failOrGoOn()
    return await this.#store.updateHeartbeat(...given)
  }

  async updateHeartbeats(...given: Parameters<AgentRegistryRepository['updateHeartbeats']>) {
    this.#failOrGoOn()
    return await this.#store.updateHeartbeats(...given)
  }

  async delete(agentId: string) {
    this.#failOrGoOn()
    return await this.#store.delete(agentId)
  }

  async expireLapsed(...given: Parameters<AgentRegistryRepository['expireLapsed']>) {
    this.#failOrGoOn()
    return await this.#store.expireLapsed(...given)
  }

  async deleteExpired() {
    this.#failOrGoOn()
    return await this.#store.deleteExpired()
  }

  async eventsSince(...given: Parameters<AgentRegistryRepository['eventsSince']>) {
    this.#failOrGoOn()
    return await this.#store.eventsSince(...given)
  }

  async historyOf(...given: Parameters<AgentRegistryRepository['historyOf']>) {
    this.#failOrGoOn()
    return await this.#store.historyOf(...given)
  }

  subscribe(...given: Parameters<AgentRegistryRepository['subscribe']>) {
    return this.#store.subscribe(...given)
  }

  /** Counts are in memory also when a disk is full: lists get as far as their pages. */
  counts(): Promise<RegistryCounts> {
    if (this.failure && this.pagesBeforeFailure === 0) return Promise.reject(this.failure)
    return this.#store.counts()
  }

  async countByStatus() {
    this.#failOrGoOn()
    return await this.#store.countByStatus()
  }

  statistics(): StorageStatistics {
    return this.#store.statistics()
  }

  async checkWritable() {
    this.#failOrGoOn()
    await this.#store.checkWritable()
  }

  async close() {
    await this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #failOrGoOn(): void {
    if (this.failure) throw this.failure
  }
}
