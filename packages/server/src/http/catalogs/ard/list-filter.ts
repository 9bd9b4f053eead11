import type { AgentRecord } from '../../../domain/agent-record.ts'
import { shorten } from '../../responses/problem.ts'
import { invalidArgument } from './ard-problem.ts'
import type { CatalogEntries } from './catalog-entry.ts'
import { EntryFilter } from './entry-filter.ts'

const TEXT_FIELDS = ['displayName', 'type', 'publisherId']
const TIME_FIELDS = ['createdAfter', 'updatedAfter'] as const

/** What a list of entries is limited to. */
export interface ListFilter {
  readonly fields: EntryFilter
  readonly accepts: (agent: AgentRecord, entries: CatalogEntries) => boolean
}

/**
 * Reads the filter of a list: `field = 'a,b' AND field = "c"`. ARD fixes no grammar.
 *
 * @throws HttpProblem `INVALID_ARGUMENT`
 */
export function readListFilter(text: string | undefined): ListFilter {
  const conditions = new Map<string, readonly string[]>()
  const after = new Map<string, number>()
  for (const part of text?.split(/ AND /i) ?? []) {
    const { field, value } = condition(part)
    if (TEXT_FIELDS.includes(field)) conditions.set(field, value.split(',').map(trimmed))
    else after.set(field, timeOf(field, value))
  }
  const fields = new EntryFilter(conditions)
  const createdAfter = after.get('createdAfter') ?? Number.NEGATIVE_INFINITY
  const updatedAfter = after.get('updatedAfter') ?? Number.NEGATIVE_INFINITY
  return {
    fields,
    accepts: (agent, entries) =>
      agent.registeredAtMs > createdAfter &&
      agent.updatedAtMs > updatedAfter &&
      fields.accepts(agent, entries),
  }
}

function condition(part: string): { field: string; value: string } {
  const [name = '', ...rest] = part.split('=')
  const field = name.trim()
  const quoted = rest.join('=').trim()
  const quote = quoted.at(0)
  const isQuoted = (quote === "'" || quote === '"') && quoted.length > 1 && quoted.endsWith(quote)
  const known = [...TEXT_FIELDS, ...TIME_FIELDS]
  if (!isQuoted || !known.includes(field)) {
    const rule = `must be FIELD = 'VALUE', joined by AND; fields: ${known.join(', ')}`
    throw invalidArgument('/query/filter', `${rule}; not ${JSON.stringify(shorten(part))}`)
  }
  return { field, value: quoted.slice(1, -1) }
}

function timeOf(field: string, value: string): number {
  const time = Date.parse(value)
  if (Number.isNaN(time)) throw invalidArgument('/query/filter', `${field} must be a time`)
  return time
}

const trimmed = (text: string) => text.trim()
