import type { AgentDetails, ViewStatus } from '@rollcall/protocol'
import { covers, disjointPatterns } from '../agent-id-pattern.ts'
import { comparableText } from '../decimal.ts'
import type { AgentFilter, FilterableState, SearchableProfile } from './agent-filter.ts'
import { viewStatus } from './agent-filter.ts'
import { type ComparableCondition, metadataLeaves, metadataMeets } from './metadata-leaves.ts'
import { searchText, searchWords } from './search-text.ts'

/** The pattern of all ids. */
const ANY_ID = '*'

/** A filter compiled for matching many agents. Immutable. */
export class AgentMatcher {
  /** Disjoint patterns of ids, sorted; any of them is asked for. Undefined: any id. */
  readonly agentIds: readonly string[] | undefined
  /** The required name. */
  readonly name: string | undefined
  /** The required prefix of the name. */
  readonly namePrefix: string | undefined
  /** All of them are asked for. */
  readonly capabilities: readonly string[]
  /** All of them are asked for. */
  readonly tags: readonly string[]
  /** All of them are asked for: the name of a detail, and its value. */
  readonly details: readonly (readonly [name: keyof AgentDetails, value: string])[]
  /** Any of them is asked for; undefined: any status. */
  readonly statuses: ReadonlySet<ViewStatus> | undefined
  /** All of them must be met. */
  readonly metadata: readonly ComparableCondition[]
  /** In lower case, without duplicates. */
  readonly words: readonly string[]
  /** Whether dead agents are listed if they match otherwise. */
  readonly includesDead: boolean

  /**
   * Prepares a filter.
   *
   * @param filter default: every agent that is alive
   */
  constructor(filter: AgentFilter = {}) {
    const { agentIds, name, statuses } = filter
    this.agentIds = agentIds?.includes(ANY_ID) ? undefined : agentIds && disjointPatterns(agentIds)
    const isPrefix = name?.endsWith('*') ?? false
    this.name = isPrefix ? undefined : name
    this.namePrefix = isPrefix ? name?.slice(0, -1) : undefined
    this.capabilities = [...new Set(filter.capabilities)]
    this.tags = [...new Set(filter.tags)]
    this.details = Object.entries(filter.details ?? {}).filter(isGiven)
    this.statuses = statuses && statuses.length > 0 ? new Set(statuses) : undefined
    this.metadata = (filter.metadata ?? []).map(({ path, value }) => ({
      path,
      value,
      asNumber: comparableText(value),
    }))
    this.words = searchWords(filter.text ?? '')
    this.includesDead = filter.includeDead === true || this.statuses?.has('expired') === true
  }

  /** Whether every live agent matches. */
  get isEmpty(): boolean {
    return (
      this.agentIds === undefined &&
      this.name === undefined &&
      this.namePrefix === undefined &&
      this.capabilities.length === 0 &&
      this.tags.length === 0 &&
      this.details.length === 0 &&
      this.statuses === undefined &&
      this.metadata.length === 0 &&
      this.words.length === 0
    )
  }

  /** Whether the filtered list contains the agent. */
  lists(agentId: string, state: FilterableState): boolean {
    return (this.includesDead || state.alive) && this.matches(agentId, state, viewStatus(state))
  }

  /**
   * Whether the agent meets the conditions, regardless of {@link includesDead}.
   *
   * @param textOf creates the text in which words are searched
   */
  matches(
    agentId: string,
    profile: SearchableProfile,
    status: ViewStatus,
    textOf = searchText,
  ): boolean {
    // The cheap conditions first.
    return (
      (this.statuses === undefined || this.statuses.has(status)) &&
      this.matchesId(agentId) &&
      this.#matchesName(profile.agentName) &&
      this.capabilities.every((required) => profile.capabilities.includes(required)) &&
      this.tags.every((required) => profile.tags.includes(required)) &&
      this.details.every(([name, value]) => profile.details[name] === value) &&
      (this.metadata.length === 0 || this.#matchesMetadata(profile)) &&
      (this.words.length === 0 || this.#matchesWords(textOf(agentId, profile)))
    )
  }

  /** Whether an agent with this id can match. */
  matchesId(agentId: string): boolean {
    return this.agentIds?.some((pattern) => covers(pattern, agentId)) ?? true
  }

  #matchesName(name: string): boolean {
    if (this.name !== undefined) return name === this.name
    return this.namePrefix === undefined || name.startsWith(this.namePrefix)
  }

  #matchesMetadata({ metadata }: SearchableProfile): boolean {
    if (metadata === null) return false
    const { leaves, isWhole } = metadataLeaves(metadata)
    return this.metadata.every(
      (condition) =>
        leaves.some(
          ({ path, value, isNumber }) =>
            path === condition.path && value === (isNumber ? condition.asNumber : condition.value),
        ) ||
        (!isWhole && metadataMeets(metadata, condition)),
    )
  }

  #matchesWords(text: string): boolean {
    return this.words.every((word) => text.includes(word))
  }
}

function isGiven(entry: [string, string | undefined]): entry is [keyof AgentDetails, string] {
  return entry[1] !== undefined
}
