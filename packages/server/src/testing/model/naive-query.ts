import type { AgentFilter, MetadataCondition } from '../../domain/query/agent-filter.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'

/** The fields of an agent that a query uses. */
export interface NaiveListed {
  readonly agentId: string
  readonly agentName: string
  readonly capabilities: readonly string[]
  readonly tags: readonly string[]
  /** What its card adds to text search. */
  readonly cardWords: string
  readonly details: Readonly<Record<string, string | null>>
  /** As given: an object, a JSON string, or null. */
  readonly metadata: unknown
  readonly status: string
  readonly load: number | null
  readonly registeredAtMs: number
  readonly lastHeartbeatMs: number
  readonly expiresAtMs: number
  readonly suspect: boolean
  readonly isMaintained: boolean
  readonly alive: boolean
}

/** Returns all ids that a query lists: filters every agent, then sorts. */
export function naiveResult(agents: readonly NaiveListed[], query: AgentQuery): string[] {
  const listed = agents.filter((agent) => isListed(agent, query))
  const [, descending, field = 'agent_id'] = /^(-?)(.*)$/.exec(query.sort ?? 'agent_id') ?? []
  const direction = descending === '-' ? -1 : 1
  return listed
    .toSorted((a, b) => {
      const one = sortValue(a, field)
      const other = sortValue(b, field)
      if (one !== null && other !== null && one !== other) return direction * (one - other)
      if (one === null && other !== null) return 1
      if (one !== null && other === null) return -1
      return a.agentId < b.agentId ? -1 : 1
    })
    .map(({ agentId }) => agentId)
}

function sortValue(agent: NaiveListed, field: string): number | null {
  if (field === 'load') return agent.load
  if (field === 'registered_at') return agent.registeredAtMs
  if (field === 'last_heartbeat') return agent.lastHeartbeatMs
  if (field === 'expires_at') return agent.expiresAtMs
  return null
}

function shownStatus(agent: NaiveListed): string {
  if (!agent.alive) return 'expired'
  if (agent.suspect) return 'suspect'
  return agent.isMaintained ? 'draining' : agent.status
}

function isListed(agent: NaiveListed, filter: AgentFilter): boolean {
  const { agentIds, name, capabilities = [], metadata = [], text = '', statuses = [] } = filter
  const status = shownStatus(agent)
  const includesStatus = (candidate: string) => statuses.some((expected) => expected === candidate)
  if (!agent.alive && !filter.includeDead && !includesStatus('expired')) return false
  if (statuses.length > 0 && !includesStatus(status)) return false
  if (agentIds !== undefined && !agentIds.some((id) => hasName(agent.agentId, id))) return false
  if (name !== undefined && !hasName(agent.agentName, name)) return false
  if (!capabilities.every((capability) => agent.capabilities.includes(capability))) return false
  if (!(filter.tags ?? []).every((tag) => agent.tags.includes(tag))) return false
  const details = Object.entries(filter.details ?? {})
  if (details.some(([key, value]) => value !== undefined && agent.details[key] !== value)) {
    return false
  }
  const values = valuesIn(agent.metadata)
  const isMet = ({ path, value }: MetadataCondition) =>
    values.some((found) => found.path === path && matches(found, value))
  if (!metadata.every(isMet)) return false
  const texts = [agent.agentId, agent.agentName, ...agent.capabilities, ...agent.tags]
  texts.push(...agent.cardWords.split('\n'))
  for (const value of Object.values(agent.details)) if (value !== null) texts.push(value)
  for (const { path, value } of values) texts.push(path, value)
  const words = text.toLowerCase().match(/\S+/g) ?? []
  return words.every((word) => texts.some((each) => each.toLowerCase().includes(word)))
}

/** A number matches any equal JSON number, everything else matches by its text. */
function matches(found: { value: string; isNumber: boolean }, expected: string): boolean {
  if (!found.isNumber) return found.value === expected
  return /^-?(0|[1-9]\d*)(\.\d+)?$/.test(expected) && Number(expected) === Number(found.value)
}

function hasName(name: string, expected: string): boolean {
  return expected.at(-1) === '*' ? name.indexOf(expected.slice(0, -1)) === 0 : name === expected
}

/** Returns the leaf values of the metadata, with their paths. */
function valuesIn(metadata: unknown): { path: string; value: string; isNumber: boolean }[] {
  if (metadata === null || metadata === undefined) return []
  const found: { path: string; value: string; isNumber: boolean }[] = []
  const waiting = [
    { keys: [''].slice(1), value: typeof metadata === 'string' ? JSON.parse(metadata) : metadata },
  ]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { keys, value } = next
    if (value === null || typeof value !== 'object') {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      found.push({ path: keys.join('.'), value: text, isNumber: typeof value === 'number' })
    } else {
      for (const key of Object.keys(value)) {
        waiting.push({ keys: Array.isArray(value) ? keys : [...keys, key], value: value[key] })
      }
    }
  }
  return found
}
