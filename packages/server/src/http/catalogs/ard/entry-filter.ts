import { VIEW_STATUSES, type ViewStatus } from '@rollcall/protocol'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import { type AgentFilter, viewStatus } from '../../../domain/query/agent-filter.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { SERVER_CARD_TYPE } from '../../../operations/mcp-registry-operations.ts'
import { shorten } from '../../responses/problem.ts'
import { invalidArgument } from './ard-problem.ts'
import { type CatalogEntries, LIVE_NAMESPACE, typeOf } from './catalog-entry.ts'

/** Returns what an agent has of a field of its entry. */
type FieldReader = (agent: AgentRecord, entries: CatalogEntries) => readonly string[]

const FIELDS: ReadonlyMap<string, FieldReader> = new Map<string, FieldReader>([
  ['type', (agent) => [typeOf(agent)]],
  ['displayName', (agent) => [agent.agentName]],
  ['identifier', (agent, entries) => [entries.identifierOf(agent)]],
  ['publisherId', (agent, entries) => [entries.identifierOf(agent).split(':')[2] ?? '']],
  ['version', ({ version }) => (version === null ? [] : [version])],
  ['tags', ({ tags }) => tags],
  ['capabilities', ({ capabilities }) => capabilities],
  ['live:status', (agent) => [viewStatus(agent)]],
  ['live:isAlive', ({ alive }) => [String(alive)]],
])

/** Conditions by field: an entry must have one of the values of each. */
export type FieldConditions = ReadonlyMap<string, readonly string[]>

/** Selects agents by the fields of their entries. */
export class EntryFilter {
  readonly #conditions: FieldConditions

  constructor(conditions: FieldConditions) {
    this.#conditions = conditions
  }

  /** Whether an agent has one of the values of each field. */
  accepts(agent: AgentRecord, entries: CatalogEntries): boolean {
    for (const [field, values] of this.#conditions) {
      const has = FIELDS.get(field)?.(agent, entries) ?? []
      if (!has.some((value) => values.includes(value))) return false
    }
    return true
  }

  /** The part that the store can answer from indexes; {@link accepts} decides. */
  get indexed(): AgentFilter {
    const statuses = this.#conditions.get('live:status')?.filter(isStatus)
    return {
      capabilities: this.#only('capabilities'),
      tags: this.#only('tags'),
      ...(statuses && statuses.length > 0 && { statuses }),
      ...(this.#only('type')?.[0] === SERVER_CARD_TYPE && { details: { protocol: 'mcp' } }),
      includeDead: this.#conditions.get('live:isAlive')?.includes('false') ?? false,
    }
  }

  /** The values of a field if there is one: several are alternatives, which the store does not know. */
  #only(field: string): readonly string[] | undefined {
    const values = this.#conditions.get(field)
    return values?.length === 1 ? values : undefined
  }
}

/**
 * Reads the filter of a search. Keys are terms of ARD, or of a namespace by a prefix of the context.
 *
 * @throws HttpProblem `INVALID_ARGUMENT`
 */
export function readFilter(filter: object, context: unknown): EntryFilter {
  const conditions = new Map<string, readonly string[]>()
  let count = 0
  for (const [key, value] of Object.entries(filter)) {
    const at = `/query/filter/${shorten(key)}`
    const field = fieldOf(key, context)
    if (!FIELDS.has(field)) {
      throw invalidArgument(at, `is unknown; known fields: ${[...FIELDS.keys()].join(', ')}`)
    }
    const values = [value].flat()
    count += values.length
    if (count > SERVER_LIMITS.ardFilterValues.value || values.some((each) => !isScalar(each))) {
      const most = SERVER_LIMITS.ardFilterValues.value
      throw invalidArgument(at, `must be a text, or a list of texts; at most ${most} in all`)
    }
    conditions.set(field, values.map(String))
  }
  return new EntryFilter(conditions)
}

/** Resolves the prefix of a key, so that each client may choose its own for our namespace. */
function fieldOf(key: string, context: unknown): string {
  const [prefix = '', ...rest] = key.split(':')
  if (rest.length === 0 || typeof context !== 'object' || context === null) return key
  const namespace = Reflect.get(context, prefix)
  if (namespace === undefined) return key
  return namespace === LIVE_NAMESPACE ? `live:${rest.join(':')}` : `${namespace}${rest.join(':')}`
}

function isScalar(value: unknown): boolean {
  return ['string', 'number', 'boolean'].includes(typeof value)
}

function isStatus(value: string): value is ViewStatus {
  return VIEW_STATUSES.includes(value as ViewStatus)
}
