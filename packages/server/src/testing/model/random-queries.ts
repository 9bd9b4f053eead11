import {
  AGENT_SORTS,
  type AgentDetails,
  type DetailFilter,
  mapDetailFilters,
  mapDetails,
} from '@rollcall/protocol'
import fc from 'fast-check'
import type { AgentCard } from '../../domain/agent-card.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'

/**
 * Values of random registrations. They overlap, so that most conditions match some agents but not all.
 */
export const NAMES = ['Ann', 'Anna', 'ann*', 'Bob 8'] as const

export const CAPABILITY_LISTS: readonly (readonly string[] | null)[] = [
  [],
  ['search'],
  ['sum', 'search'],
  ['Search', 'zone'],
  null,
]

export const TAG_LISTS: readonly (readonly string[] | null)[] = [[], ['zone'], ['a', 'zone'], null]

/** Null: the card is removed. The text is what a store keeps, the words are what it finds. */
export const CARDS: readonly (AgentCard | null)[] = [
  { text: '{"name": "Ann"}', format: 'other' },
  { text: '{"name":"Bob 8"}', format: 'a2a-1.0', words: 'sum\nModel of a card' },
  { text: '{"name":"Bob 8"}', format: 'a2a-1.0', words: 'Search the h1' },
  null,
]

export const METADATA: readonly (object | string | null)[] = [
  null,
  { zone: 'a' },
  '{"zone":"a"}',
  ' {"zone":"b", "gpu": {"model": "H1", "count": "8"}}',
  { capabilities: ['search'] },
  { 'gpu.model': 'H1', zone: ['a', 'b'] },
  { gpu: { model: 'h1', count: 8 }, on: true, none: null },
  '[{"zone": "a"}, "ann", null]',
  { zone: [['a'], { on: true }], ünï: 'Bob' },
]

/** Few values, some of which are also words of searches. */
export const details: fc.Arbitrary<Partial<AgentDetails>> = fc.record(
  mapDetails(() => fc.constantFrom('a', 'Bob 8', null)),
  { requiredKeys: [] },
)

/** Each detail by which agents can be filtered, or none of them. */
const detailFilter: fc.Arbitrary<DetailFilter> = fc.record(
  mapDetailFilters(() => fc.constantFrom('a', 'Bob 8', 'A', undefined)),
  { requiredKeys: [] },
)

const condition = fc.record({
  path: fc.constantFrom(
    'zone',
    'gpu.model',
    'gpu.count',
    'gpu',
    'on',
    'zone.on',
    'none',
    '',
    'ünï',
  ),
  value: fc.constantFrom('a', 'b', 'H1', '8', '8.0', 'true', 'null', 'ann', 'Bob'),
})

const WORDS = [
  'an',
  'ANNA',
  'search',
  'sum',
  'h1',
  '8',
  'zon',
  'B',
  'z:1',
  'ÜNÏ',
  'model',
  'unknown',
]

/** A new condition of a filter does not compile until it is here: then the model must know it, too. */
const conditions: {
  readonly [Field in keyof AgentFilter]-?: fc.Arbitrary<NonNullable<AgentFilter[Field]>>
} = {
  agentIds: fc.subarray(['m', 'b', 'b*', 'b-*', 'z:*', 'Z', 'absent', 'a*', '*']),
  name: fc.constantFrom('Ann', 'Ann*', 'ann*', 'ann**', 'A*', '*', 'Bob 8', 'Bob', ''),
  capabilities: fc.subarray(['search', 'sum', 'Search', 'zone']),
  details: detailFilter,
  tags: fc.subarray(['zone', 'a', 'A']),
  statuses: fc.subarray(['ready', 'busy', 'draining', 'suspect', 'expired']),
  metadata: fc.array(condition, { maxLength: 2 }),
  text: fc.array(fc.constantFrom(...WORDS), { maxLength: 2 }).map((words) => words.join('  ')),
  includeDead: fc.boolean(),
}

const filter: fc.Arbitrary<AgentFilter> = fc.record(conditions, { requiredKeys: [] })

/** Generates queries; `limit` is the page size when the result is read page by page. */
export const query: fc.Arbitrary<AgentQuery & { readonly limit: number }> = fc
  .tuple(
    filter,
    fc.record({
      sort: fc.constantFrom(undefined, ...AGENT_SORTS),
      limit: fc.integer({ min: 1, max: 5 }),
      aliveBy: fc.constantFrom(undefined, 'clock', 'transitions'),
    }),
  )
  .map(([conditions, list]) => ({ ...conditions, ...list }))
