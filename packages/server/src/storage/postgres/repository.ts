import { randomBytes } from 'node:crypto'
import type { TokenStore, TokenStoreProvider } from '../../access/token-store.ts'
import type { AgentCard } from '../../domain/agent-card.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type {
  AgentRegistryRepository,
  HeartbeatsOutcome,
  HistoryOptions,
  ReadOptions,
  RegistryCounts,
  StorageCapabilities,
  SweepOptions,
  SweepResult,
} from '../../domain/agent-registry-repository.ts'
import type { Caller } from '../../domain/caller.ts'
import { type ChangeCondition, requireAccepted } from '../../domain/change-condition.ts'
import type { EventBus } from '../../domain/event-bus.ts'
import type { Heartbeat, HeartbeatReceipt, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { Lease } from '../../domain/lease.ts'
import { toAgentRecord } from '../../domain/lease-views.ts'
import type { LoadListener, LoadSubscription } from '../../domain/load-subscription.ts'
import type { OwnerCounts } from '../../domain/owner-counts.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'
import { conditionOf } from '../../domain/register-intent.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { StatusCounts } from '../../domain/status-counts.ts'
import type { StorageStatistics } from '../../domain/storage-statistics.ts'
import type { Transition } from '../../domain/transition.ts'
import { DEFAULTS } from '../../limits/defaults.ts'
import type { WebhookStore, WebhookStoreProvider } from '../../webhooks/webhook-store.ts'
import { summarizeCard } from '../card-summary.ts'
import { registrationIntent } from '../registration-intent.ts'
import { PostgresDatabase } from './connections/database.ts'
import { unusable } from './connections/errors.ts'
import { parsePostgresUrl } from './connections/target.ts'
import { startNode } from './nodes/start-node.ts'
import { findAgent } from './reads/agent-reads.ts'
import { selectAgents } from './reads/agent-selection.ts'
import { findCard } from './reads/card-reads.ts'
import { countByOwner } from './reads/owner-counts.ts'
import type { PostgresRepositoryOptions } from './repository-options.ts'
import { createRepositoryParts, type PostgresRepositoryParts } from './repository-parts.ts'
import { requireSchemaName } from './schema/schema-name.ts'
import { PostgresTokenStore } from './token-store.ts'
import { PostgresWebhookStore } from './webhook-store.ts'

/**
 * A registry shared by several nodes: the database keeps all state, and leases run by its clock. Nodes are
 * stateless, and any number of them may use the same schema. Implements {@link AgentRegistryRepository}.
 *
 * Registrations and all other transitions are acknowledged after their group commit. Heartbeats are
 * acknowledged after their own group commit, which does not wait for the disk.
 */
export class PostgresAgentRegistryRepository
  implements AgentRegistryRepository, TokenStoreProvider, WebhookStoreProvider
{
  readonly capabilities: StorageCapabilities
  readonly tokens: TokenStore
  readonly webhooks: WebhookStore
  readonly #parts: PostgresRepositoryParts
  #closing: Promise<void> | undefined

  private constructor(parts: PostgresRepositoryParts) {
    this.#parts = parts
    this.tokens = new PostgresTokenStore(parts.database)
    this.webhooks = new PostgresWebhookStore(parts.database)
    const { maxConnections: connections } = parts.database
    this.capabilities = { name: 'postgres', durable: true, shared: true, connections }
  }

  /**
   * Opens a registry, and creates its schema if it does not exist.
   *
   * @param url `postgres://user:password@host:5432/database`, with several hosts `h1:5432,h2:5432`
   * @throws RegistryError `STORAGE_UNUSABLE` when the database cannot be reached or used
   */
  static async open(
    url: string,
    options: PostgresRepositoryOptions = {},
  ): Promise<PostgresAgentRegistryRepository> {
    const target = parsePostgresUrl(url)
    const { schema = 'rollcall', clock, restartGraceSeconds } = options
    const graceMs = (restartGraceSeconds ?? DEFAULTS.restartGraceSeconds) * 1000
    requireSchemaName(schema)
    const database = new PostgresDatabase({ target, schema, clock })
    const node = randomBytes(9).toString('base64url')
    try {
      const history = await startNode(database, { node, graceMs, brake: options })
      const parts = createRepositoryParts({ database, history, node, limits: options })
      return new PostgresAgentRegistryRepository(parts)
    } catch (cause) {
      await database.close()
      throw unusable(cause, { target, schema, what: 'be used' })
    }
  }

  async add(registration: AgentRegistration, caller?: Caller): Promise<AgentRecord> {
    this.#requireOpen()
    const intent = registrationIntent(registration, { caller })
    const { lease: registered, times } = await this.#parts.changes.add(intent)
    const lease = requireAccepted(registered, conditionOf(intent)) as Lease
    if (registration.load !== undefined) this.#parts.heartbeats.reportLoad(lease, times)
    return toAgentRecord(lease, times)
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    this.#requireOpen()
    return findAgent(this.#parts.database, agentId)
  }

  async *listAll(
    query: AgentQuery = {},
    options: ReadOptions = {},
  ): AsyncGenerator<readonly AgentRecord[]> {
    this.#requireOpen()
    for await (const page of selectAgents(this.#parts.database, query, options)) {
      yield page
      this.#requireOpen()
      options.signal?.throwIfAborted()
    }
  }

  async updateHeartbeat(
    agentId: string,
    report: HeartbeatReport = {},
  ): Promise<HeartbeatReceipt | undefined> {
    this.#requireOpen()
    return this.#parts.heartbeats.update({ ...report, agentId })
  }

  async updateHeartbeats(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    this.#requireOpen()
    return this.#parts.heartbeats.updateAll(heartbeats)
  }

  async delete(agentId: string, condition: ChangeCondition = {}): Promise<boolean> {
    this.#requireOpen()
    this.#parts.changes.recordNow(agentId)
    this.#parts.changes.count(agentId)
    const { leases } = await this.#parts.transitions.write([
      { event: 'deregister', agentId, condition },
    ])
    return requireAccepted(leases[0]) !== undefined
  }

  async setCard(
    agentId: string,
    card: AgentCard | null,
    condition: ChangeCondition = {},
  ): Promise<AgentRecord | undefined> {
    this.#requireOpen()
    const summarized = card && summarizeCard(card)
    this.#parts.changes.recordNow(agentId)
    this.#parts.changes.count(agentId)
    const { leases, times } = await this.#parts.transitions.write([
      { event: 'setCard', agentId, card: summarized, condition },
    ])
    const lease = requireAccepted(leases[0])
    return lease && toAgentRecord(lease, times)
  }

  async card(agentId: string, { signal }: ReadOptions = {}): Promise<string | undefined> {
    this.#requireOpen()
    return findCard(this.#parts.database, agentId, signal)
  }

  async expireLapsed(options: SweepOptions = {}): Promise<SweepResult> {
    this.#requireOpen()
    return this.#parts.sweep(options)
  }

  async setMaintenance(...entry: Parameters<AgentRegistryRepository['setMaintenance']>) {
    this.#requireOpen()
    return this.#parts.maintenance.set(...entry)
  }

  async endMaintenance(...pattern: Parameters<AgentRegistryRepository['endMaintenance']>) {
    this.#requireOpen()
    return this.#parts.maintenance.end(...pattern)
  }

  async maintenance() {
    this.#requireOpen()
    return this.#parts.maintenance.all()
  }

  suspendLeases(ms: number): void {
    this.#parts.liveness.hold(ms)
  }

  async deleteExpired(caller?: Caller): Promise<number> {
    this.#requireOpen()
    return this.#parts.cleanup.run(caller)
  }

  async eventsSince(
    revision: number,
    limit = 1000,
    options?: ReadOptions,
  ): Promise<readonly Transition[]> {
    this.#requireOpen()
    return this.#parts.history.since(revision, limit, options)
  }

  async historyOf(agentId: string, options: HistoryOptions = {}): Promise<readonly Transition[]> {
    this.#requireOpen()
    return this.#parts.history.of(agentId, options)
  }

  subscribe(...listener: Parameters<EventBus['subscribe']>): () => void {
    return this.#parts.follower.subscribe(...listener)
  }

  followLoads(listener: LoadListener): LoadSubscription {
    return this.#parts.loads.follow(listener)
  }

  async counts(): Promise<RegistryCounts> {
    this.#requireOpen()
    return this.#parts.counts.get()
  }

  observedRevision(): number {
    return this.#parts.follower.revision
  }

  async countByStatus(): Promise<StatusCounts> {
    this.#requireOpen()
    return this.#parts.statuses.read()
  }

  async countByOwner(): Promise<OwnerCounts> {
    this.#requireOpen()
    return countByOwner(this.#parts.database, this.#parts.follower)
  }

  async countByCapability() {
    this.#requireOpen()
    return this.#parts.capabilities.read()
  }

  statistics(): StorageStatistics {
    return {
      commits: this.#parts.transitions.count + this.#parts.sweeper.sweeps,
      failures: this.#parts.database.failures,
      savedHeartbeats: this.#parts.heartbeats.saved,
      unsavedHeartbeats: this.#parts.heartbeats.waiting,
      coalescedChanges: this.#parts.changes.coalesced,
      stalledMs: this.#parts.database.stalledMs,
      unindexedAgents: 0,
      brake: this.#parts.sweeper.brake,
      connections: this.#parts.database.connections,
    }
  }

  async checkWritable(): Promise<void> {
    this.#requireOpen()
    await this.#parts.probe.check()
    await this.#parts.follower.requireReading()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    const parts = this.#parts
    parts.changes.recordAll()
    await parts.heartbeats.drain()
    await parts.transitions.drain()
    parts.maintenance.close()
    await parts.tasks.close()
    await parts.liveness.close()
    await parts.probe.close()
    parts.loads.close()
    await parts.notifications.close()
    await parts.follower.close()
    await parts.database.close()
  }

  #requireOpen(): void {
    if (this.#closing) throw new RegistryError('CLOSED', 'the registry is closed')
  }
}
