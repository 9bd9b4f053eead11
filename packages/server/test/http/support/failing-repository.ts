import type {
  AgentRegistryRepository,
  RegistryCounts,
  RegistryError,
  StorageCapabilities,
  StorageStatistics,
  TokenStore,
  TokenStoreProvider,
  WebhookStore,
  WebhookStoreProvider,
} from '@rollcall/server'
import { MemoryAgentRegistryRepository } from '@rollcall/server'

/**
 * A custom store that works until the test sets a failure, with which every method then rejects. It is
 * passed to the server through its `repository` option, like any custom store.
 */
export class FailingRepository
  implements AgentRegistryRepository, TokenStoreProvider, WebhookStoreProvider
{
  readonly capabilities: StorageCapabilities = { name: 'failing', durable: false, shared: false }
  readonly #store = new MemoryAgentRegistryRepository()
  /** The error with which every call rejects; undefined if none. */
  failure: Error | undefined
  /** Why the store can never be used again; undefined if it can. */
  lost: RegistryError | undefined
  readonly tokens: TokenStore = {
    create: async (token) => {
      this.#throwFailure()
      await this.#store.tokens.create(token)
    },
    revoke: async (id) => {
      this.#throwFailure()
      return await this.#store.tokens.revoke(id)
    },
    list: async () => {
      this.#throwFailure()
      return await this.#store.tokens.list()
    },
  }
  readonly webhooks: WebhookStore = {
    create: async (webhook) => {
      this.#throwFailure()
      await this.#store.webhooks.create(webhook)
    },
    list: async () => {
      this.#throwFailure()
      return await this.#store.webhooks.list()
    },
    change: async (...args) => {
      this.#throwFailure()
      return await this.#store.webhooks.change(...args)
    },
    delete: async (id) => {
      this.#throwFailure()
      return await this.#store.webhooks.delete(id)
    },
    claim: async (node) => {
      this.#throwFailure()
      return await this.#store.webhooks.claim(node)
    },
    save: async (...args) => {
      this.#throwFailure()
      await this.#store.webhooks.save(...args)
    },
    release: async (node) => {
      this.#throwFailure()
      await this.#store.webhooks.release(node)
    },
  }
  /** Number of failed heartbeats. */
  failedHeartbeats = 0
  /** Pages of a list that succeed before it fails. */
  pagesBeforeFailure = 0

  async add(...args: Parameters<AgentRegistryRepository['add']>) {
    this.#throwFailure()
    return await this.#store.add(...args)
  }

  async get(agentId: string) {
    this.#throwFailure()
    return await this.#store.get(agentId)
  }

  async *listAll(...args: Parameters<AgentRegistryRepository['listAll']>) {
    let pages = 0
    for await (const page of this.#store.listAll(...args)) {
      if (this.failure && pages++ >= this.pagesBeforeFailure) throw this.failure
      yield page
    }
    if (this.failure) throw this.failure
  }

  async updateHeartbeat(...args: Parameters<AgentRegistryRepository['updateHeartbeat']>) {
    if (this.failure) this.failedHeartbeats++
    this.#throwFailure()
    return await this.#store.updateHeartbeat(...args)
  }

  async updateHeartbeats(...args: Parameters<AgentRegistryRepository['updateHeartbeats']>) {
    this.#throwFailure()
    return await this.#store.updateHeartbeats(...args)
  }

  async delete(agentId: string) {
    this.#throwFailure()
    return await this.#store.delete(agentId)
  }

  async setCard(...args: Parameters<AgentRegistryRepository['setCard']>) {
    this.#throwFailure()
    return await this.#store.setCard(...args)
  }

  async card(agentId: string) {
    this.#throwFailure()
    return await this.#store.card(agentId)
  }

  async setMaintenance(...args: Parameters<AgentRegistryRepository['setMaintenance']>) {
    this.#throwFailure()
    return await this.#store.setMaintenance(...args)
  }

  async endMaintenance(pattern: string) {
    this.#throwFailure()
    return await this.#store.endMaintenance(pattern)
  }

  async maintenance() {
    this.#throwFailure()
    return await this.#store.maintenance()
  }

  async expireLapsed(...args: Parameters<AgentRegistryRepository['expireLapsed']>) {
    this.#throwFailure()
    return await this.#store.expireLapsed(...args)
  }

  async deleteExpired() {
    this.#throwFailure()
    return await this.#store.deleteExpired()
  }

  async eventsSince(...args: Parameters<AgentRegistryRepository['eventsSince']>) {
    this.#throwFailure()
    return await this.#store.eventsSince(...args)
  }

  async historyOf(...args: Parameters<AgentRegistryRepository['historyOf']>) {
    this.#throwFailure()
    return await this.#store.historyOf(...args)
  }

  subscribe(...args: Parameters<AgentRegistryRepository['subscribe']>) {
    return this.#store.subscribe(...args)
  }

  /** Counts stay in memory when a disk is full, so lists fail only at their pages. */
  counts(): Promise<RegistryCounts> {
    if (this.failure && this.pagesBeforeFailure === 0) return Promise.reject(this.failure)
    return this.#store.counts()
  }

  async countByStatus() {
    this.#throwFailure()
    return await this.#store.countByStatus()
  }

  async countByOwner() {
    this.#throwFailure()
    return await this.#store.countByOwner()
  }

  async countByCapability() {
    this.#throwFailure()
    return await this.#store.countByCapability()
  }

  statistics(): StorageStatistics {
    return this.#store.statistics()
  }

  async checkWritable() {
    this.#throwFailure()
    await this.#store.checkWritable()
  }

  async close() {
    await this.#store.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  #throwFailure(): void {
    if (this.failure) throw this.failure
  }
}
