import { randomBytes } from 'node:crypto'
import type { TokenStoreProvider } from '../../access/token-store.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type {
  AgentRegistryRepository,
  HeartbeatsOutcome,
  HistoryOptions,
  ReadOptions,
  RegistryCounts,
  StorageCapabilities,
  StorageStatistics,
  SweepOptions,
  SweepResult,
} from '../../domain/agent-registry-repository.ts'
import type { Caller } from '../../domain/caller.ts'
import { type ChangeCondition, requireAccepted } from '../../domain/change-condition.ts'
import type { EventBus } from '../../domain/event-bus.ts'
import type { Heartbeat, HeartbeatReport } from '../../domain/heartbeat.ts'
import type { Lease } from '../../domain/lease.ts'
import { toAgentRecord } from '../../domain/lease-views.ts'
import type { LoadListener, LoadSubscription } from '../../domain/load-subscription.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'
import { conditionOf, toRegisterIntent } from '../../domain/register-intent.ts'
import { RegistryError } from '../../domain/registry-error.ts'
import type { StatusCounts } from '../../domain/status-counts.ts'
import type { Transition } from '../../domain/transition.ts'
import { DEFAULTS } from '../../limits/defaults.ts'
import { SharedRead } from '../../scheduling/shared-read.ts'
import type { HistoryLimits } from '../history-limit.ts'
import type { PacedChanges } from '../pacing/paced-changes.ts'
import { PostgresDatabase } from './connections/database.ts'
import { unusable } from './connections/errors.ts'
import { PostgresNotifications } from './connections/notifications.ts'
import { parsePostgresUrl } from './connections/target.ts'
import { WriteProbe } from './connections/write-probe.ts'
import { type ChangeOutcome, PostgresHeartbeats, pacedChanges } from './heartbeats/heartbeats.ts'
import { LoadExchange } from './heartbeats/load-exchange.ts'
import { EntriesCache } from './maintenance/entries-cache.ts'
import { PostgresMaintenance } from './maintenance/maintenance.ts'
import { ExpiredCleanup } from './nodes/expired-cleanup.ts'
import { settleSweep } from './nodes/held-agents.ts'
import { NodeLiveness } from './nodes/node-liveness.ts'
import { nodeTasks } from './nodes/node-tasks.ts'
import type { PeriodicTasks } from './nodes/periodic-tasks.ts'
import { startNode } from './nodes/start-node.ts'
import { Sweeper } from './nodes/sweeper.ts'
import { countAgents, findAgent } from './reads/agent-reads.ts'
import { selectAgents } from './reads/agent-selection.ts'
import { PostgresStatusCounts } from './reads/status-count-cache.ts'
import type { PostgresRepositoryOptions } from './repository-options.ts'
import { requireSchemaName } from './schema/schema-name.ts'
import { statisticsOf } from './statistics.ts'
import { PostgresTokenStore } from './token-store.ts'
import type { HistoryWithBranches } from './transitions/branch-line.ts'
import { PostgresHistory } from './transitions/history.ts'
import { TransitionFollower } from './transitions/transition-follower.ts'
import { TransitionWriter } from './transitions/transition-writer.ts'

/**
 * A registry shared by several nodes: the database keeps all state, and leases run by its clock. Nodes are
 * stateless, and any number of them may use the same schema. Implements {@link AgentRegistryRepository}.
 *
 * Registrations and all other transitions are acknowledged after their group commit. Heartbeats are
 * acknowledged after their own group commit, which does not wait for the disk.
 */
export class PostgresAgentRegistryRepository
  implements AgentRegistryRepository, TokenStoreProvider
{
  readonly capabilities: StorageCapabilities
  readonly tokens: PostgresTokenStore
  readonly #database: PostgresDatabase
  readonly #heartbeats: PostgresHeartbeats
  readonly #transitions: TransitionWriter
  readonly #changes: PacedChanges<ChangeOutcome>
  readonly #notifications: PostgresNotifications
  readonly #follower: TransitionFollower
  readonly #loads: LoadExchange
  readonly #history: PostgresHistory
  readonly #liveness: NodeLiveness
  readonly #tasks: PeriodicTasks
  readonly #maintenance: PostgresMaintenance
  readonly #sweeper: Sweeper
  readonly #statuses: PostgresStatusCounts
  readonly #probe: WriteProbe
  readonly #cleanup: ExpiredCleanup
  readonly #counts = new SharedRead(() => countAgents(this.#database, this.#follower))
  #closing: Promise<void> | undefined

  private constructor(parts: {
    database: PostgresDatabase
    history: HistoryWithBranches
    node: string
    limits: HistoryLimits
  }) {
    const { database, node } = parts
    this.#database = database
    this.tokens = new PostgresTokenStore(database)
    const { maxConnections: connections } = database
    this.capabilities = { name: 'postgres', durable: true, shared: true, connections }
    const notifications = new PostgresNotifications(database)
    this.#notifications = notifications
    this.#follower = new TransitionFollower({ database, notifications, from: parts.history })
    this.#loads = new LoadExchange({ database, notifications, node })
    this.#statuses = new PostgresStatusCounts(database, this.#follower)
    const probe = new WriteProbe(database)
    this.#probe = probe
    const entries = new EntriesCache(database)
    const listener = this.#follower
    this.#transitions = new TransitionWriter({ database, entries, listener, probe })
    const transitions = this.#transitions
    this.#maintenance = new PostgresMaintenance({ database, entries, transitions })
    this.#changes = pacedChanges(this.#transitions, parts.limits)
    this.#heartbeats = new PostgresHeartbeats({
      ...parts,
      loads: this.#loads,
      transitions: this.#transitions,
      changes: this.#changes,
    })
    this.#cleanup = new ExpiredCleanup({
      database,
      sweep: () => this.expireLapsed(),
      write: (intents) => this.#transitions.write(intents),
    })
    this.#history = new PostgresHistory(database, this.#follower, parts.limits)
    const own = { history: this.#history, maintenance: this.#maintenance }
    this.#tasks = nodeTasks(database, own)
    this.#liveness = new NodeLiveness(database, node)
    this.#sweeper = new Sweeper({
      ...{ database, node, probe },
      liveness: this.#liveness,
      tasks: this.#tasks,
    })
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
      return new PostgresAgentRegistryRepository({ database, history, node, limits: options })
    } catch (cause) {
      await database.close()
      throw unusable(cause, { target, schema, what: 'be used' })
    }
  }

  async add(registration: AgentRegistration, caller?: Caller): Promise<AgentRecord> {
    this.#requireOpen()
    const intent = toRegisterIntent(registration, { caller })
    const { lease: registered, times } = await this.#changes.add(intent)
    const lease = requireAccepted(registered, conditionOf(intent)) as Lease
    if (registration.load !== undefined) this.#heartbeats.reportLoad(lease, times)
    return toAgentRecord(lease, times)
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    this.#requireOpen()
    return findAgent(this.#database, agentId)
  }

  async *listAll(query: AgentQuery = {}, options: ReadOptions = {}) {
    this.#requireOpen()
    for await (const page of selectAgents(this.#database, query, options)) {
      yield page
      this.#requireOpen()
      options.signal?.throwIfAborted()
    }
  }

  async updateHeartbeat(agentId: string, report: HeartbeatReport = {}) {
    this.#requireOpen()
    return this.#heartbeats.update({ ...report, agentId })
  }

  async updateHeartbeats(heartbeats: readonly Heartbeat[]): Promise<HeartbeatsOutcome> {
    this.#requireOpen()
    return this.#heartbeats.updateAll(heartbeats)
  }

  async delete(agentId: string, condition: ChangeCondition = {}): Promise<boolean> {
    this.#requireOpen()
    this.#changes.recordNow(agentId)
    this.#changes.count(agentId)
    const { leases } = await this.#transitions.write([{ event: 'deregister', agentId, condition }])
    return requireAccepted(leases[0]) !== undefined
  }

  async expireLapsed(options: SweepOptions = {}): Promise<SweepResult> {
    this.#requireOpen()
    const parts = { listener: this.#follower, transitions: this.#transitions }
    return settleSweep(await this.#sweeper.sweep(options), parts)
  }

  async setMaintenance(...entry: Parameters<AgentRegistryRepository['setMaintenance']>) {
    this.#requireOpen()
    return this.#maintenance.set(...entry)
  }

  async endMaintenance(...pattern: Parameters<AgentRegistryRepository['endMaintenance']>) {
    this.#requireOpen()
    return this.#maintenance.end(...pattern)
  }

  async maintenance() {
    this.#requireOpen()
    return this.#maintenance.all()
  }

  suspendLeases(ms: number): void {
    this.#liveness.hold(ms)
  }

  async deleteExpired(caller?: Caller): Promise<number> {
    this.#requireOpen()
    return this.#cleanup.run(caller)
  }

  async eventsSince(revision: number, limit = 1000, options?: ReadOptions) {
    this.#requireOpen()
    return this.#history.since(revision, limit, options)
  }

  async historyOf(agentId: string, options: HistoryOptions = {}): Promise<readonly Transition[]> {
    this.#requireOpen()
    return this.#history.of(agentId, options)
  }

  subscribe(...listener: Parameters<EventBus['subscribe']>): () => void {
    return this.#follower.subscribe(...listener)
  }

  followLoads(listener: LoadListener): LoadSubscription {
    return this.#loads.follow(listener)
  }

  async counts(): Promise<RegistryCounts> {
    this.#requireOpen()
    return this.#counts.get()
  }

  observedRevision(): number {
    return this.#follower.revision
  }

  async countByStatus(): Promise<StatusCounts> {
    this.#requireOpen()
    return this.#statuses.read()
  }

  statistics(): StorageStatistics {
    const own = { database: this.#database, sweeper: this.#sweeper, changes: this.#changes }
    return statisticsOf({ ...own, transitions: this.#transitions, heartbeats: this.#heartbeats })
  }

  async checkWritable(): Promise<void> {
    this.#requireOpen()
    await this.#probe.check()
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    this.#changes.recordAll()
    await this.#heartbeats.drain()
    await this.#transitions.drain()
    this.#maintenance.close()
    await this.#tasks.close()
    await this.#liveness.close()
    await this.#probe.close()
    this.#loads.close()
    await this.#notifications.close()
    await this.#follower.close()
    await this.#database.close()
  }

  #requireOpen(): void {
    if (this.#closing) throw new RegistryError('CLOSED', 'the registry is closed')
  }
}
