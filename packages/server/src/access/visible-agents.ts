import { hash } from 'node:crypto'
import { commonPatterns, covers } from '../domain/agent-id-pattern.ts'
import type { AgentRecord } from '../domain/agent-record.ts'
import type {
  AgentRegistryRepository,
  HistoryOptions,
  ReadOptions,
} from '../domain/agent-registry-repository.ts'
import { CapabilityCounter, type CapabilityCounts } from '../domain/capability-counts.ts'
import type { MaintenanceEntry } from '../domain/maintenance.ts'
import { type AgentFilter, viewStatus } from '../domain/query/agent-filter.ts'
import type { AgentQuery } from '../domain/query/agent-query.ts'
import type { Transition } from '../domain/transition.ts'
import { SERVER_LIMITS } from '../limits/server-limits.ts'

/** Hexadecimal digits of {@link VisibleAgents.tag}. */
const TAG_DIGITS = 12

/**
 * The agents of a registry that one caller sees: the reads of a repository, as if it had no others. Whoever sees all
 * reads the repository itself, with the queries as they are.
 */
export class VisibleAgents {
  readonly #repository: AgentRegistryRepository
  /** Disjoint patterns; undefined: all agents. */
  readonly #patterns: readonly string[] | undefined

  constructor(repository: AgentRegistryRepository, patterns: readonly string[] | undefined) {
    this.#repository = repository
    this.#patterns = patterns
  }

  /** Whether they are all agents. */
  get areAll(): boolean {
    return this.#patterns === undefined
  }

  /**
   * Tells responses to the same request apart whose callers see different agents: a letter and digits; undefined if
   * they are all agents.
   */
  get tag(): string | undefined {
    const patterns = this.#patterns
    return patterns && `v${hash('sha256', patterns.join(), 'hex').slice(0, TAG_DIGITS)}`
  }

  /** Whether an agent is visible, if it exists. */
  include(agentId: string): boolean {
    return this.#patterns?.some((pattern) => covers(pattern, agentId)) ?? true
  }

  /** Returns a filter that no other agents match. The same one if they are all agents. */
  narrow<Filter extends AgentFilter>(filter: Filter): Filter {
    const patterns = this.#patterns
    if (patterns === undefined) return filter
    const { agentIds } = filter
    return { ...filter, agentIds: agentIds ? commonPatterns(agentIds, patterns) : patterns }
  }

  /** See `AgentRegistryRepository.get`. */
  async get(agentId: string): Promise<AgentRecord | undefined> {
    return this.include(agentId) ? this.#repository.get(agentId) : undefined
  }

  /** See `AgentRegistryRepository.card`. */
  async card(agentId: string, options?: ReadOptions): Promise<string | undefined> {
    return this.include(agentId) ? this.#repository.card(agentId, options) : undefined
  }

  /** See `AgentRegistryRepository.listAll`. */
  listAll(query: AgentQuery, options?: ReadOptions): AsyncIterable<readonly AgentRecord[]> {
    return this.#repository.listAll(this.narrow(query), options)
  }

  /** See `AgentRegistryRepository.historyOf`. */
  async historyOf(agentId: string, options?: HistoryOptions): Promise<readonly Transition[]> {
    return this.include(agentId) ? this.#repository.historyOf(agentId, options) : []
  }

  /**
   * Counts the agents by what they can do; see `AgentRegistryRepository.countByCapability`. If they are not all agents,
   * takes as long as their list, and counts at most `SERVER_LIMITS.countedCapabilities`.
   */
  async countByCapability(options?: ReadOptions): Promise<CapabilityCounts> {
    if (this.areAll) return this.#repository.countByCapability()
    const counter = new CapabilityCounter({ limit: SERVER_LIMITS.countedCapabilities.value })
    for await (const page of this.listAll({ includeDead: true }, options)) {
      for (const agent of page) counter.add(agent.capabilities, viewStatus(agent))
    }
    return counter
  }

  /** Returns the entries that are about visible agents, or would be about some that do not exist yet. */
  async maintenance(): Promise<readonly MaintenanceEntry[]> {
    const entries = await this.#repository.maintenance()
    const patterns = this.#patterns
    if (patterns === undefined) return entries
    return entries.filter(({ pattern }) => commonPatterns([pattern], patterns).length > 0)
  }
}
