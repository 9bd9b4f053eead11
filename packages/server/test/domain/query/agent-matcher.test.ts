import { NO_DETAILS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { toMetadata } from '../../../src/domain/metadata.ts'
import type { AgentFilter, FilterableState } from '../../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../../src/domain/query/agent-matcher.ts'
import { FILTER_EXAMPLES } from '../../support/filter-examples.ts'

const ANN: FilterableState = {
  agentName: 'Ann Searcher',
  capabilities: ['search', 'sum'],
  tags: ['papers'],
  card: { digest: 'a', format: 'other', words: 'Translate documents' },
  details: { ...NO_DETAILS, description: 'Reads papers', protocol: 'a2a' },
  metadata: toMetadata({ zone: 'eu', gpu: { model: 'H100' } }),
  status: 'busy',
  suspect: false,
  maintenance: null,
  alive: true,
}
const lists = (filter: AgentFilter, state: Partial<FilterableState> = {}): boolean =>
  new AgentMatcher(filter).lists('agent-7', { ...ANN, ...state })

describe('a filter', () => {
  test.each<AgentFilter>([
    {},
    { agentIds: ['agent-7'] },
    { agentIds: ['b', 'agent-*'] },
    { name: 'Ann Searcher' },
    { name: 'Ann*' },
    { name: '*' },
    { capabilities: ['sum', 'search'] },
    { tags: ['papers'] },
    { text: 'translate' },
    { statuses: ['ready', 'busy'] },
    { statuses: [] },
    { details: { protocol: 'a2a' } },
    { details: { protocol: undefined } },
    { metadata: [{ path: 'gpu.model', value: 'H100' }] },
    { text: 'papers A2A' },
    { text: 'ANN' },
    { text: 'agent-7 H100 gpu.mod EARCH' },
    { text: '   ' },
    { name: 'A*', capabilities: ['sum'], statuses: ['busy'], text: 'eu' },
  ])('%j lists an agent that matches', (filter) => {
    expect(lists(filter)).toBe(true)
  })

  test.each<AgentFilter>([
    { agentIds: [] },
    { agentIds: ['agent'] },
    { agentIds: ['agent-70', 'agent:*', 'Agent-*'] },
    { name: 'Ann' },
    { name: 'ann*' },
    { name: '' },
    { capabilities: ['search', 'plan'] },
    { capabilities: ['sear'] },
    { details: { protocol: 'A2A' } },
    { statuses: ['ready'] },
    { statuses: ['expired'] },
    { metadata: [{ path: 'gpu', value: 'H100' }] },
    { metadata: [{ path: 'gpu.model', value: 'h100' }] },
    { text: 'ann bob' },
    { text: 'searchsum' },
    { name: 'A*', capabilities: ['sum'], statuses: ['ready'] },
  ])('%j does not list an agent that does not match', (filter) => {
    expect(lists(filter)).toBe(false)
  })

  test.each(FILTER_EXAMPLES)('by $field is a condition', ({ filter, match, other }) => {
    const matcher = new AgentMatcher(filter)
    expect(matcher.isEmpty).toBe(false)
    expect(matcher.lists('a', match)).toBe(true)
    expect(matcher.lists('a', other)).toBe(false)
  })

  test('lists dead agents on request, with the status expired', () => {
    const dead = { alive: false }
    expect(lists({}, dead)).toBe(false)
    expect(lists({ name: 'Ann*' }, dead)).toBe(false)
    expect(lists({ includeDead: true }, dead)).toBe(true)
    expect(lists({ includeDead: false, statuses: ['expired'] }, dead)).toBe(true)
    expect(lists({ includeDead: true, statuses: ['busy'] }, dead)).toBe(false)
    expect(lists({ statuses: ['busy', 'expired'] }, dead)).toBe(true)
    expect(lists({ statuses: ['expired'], name: 'Bob' }, dead)).toBe(false)
  })

  test('is empty if every live agent matches', () => {
    for (const filter of [
      {},
      { agentIds: ['a', '*'] },
      { includeDead: true },
      { capabilities: [], text: ' ' },
    ]) {
      expect(new AgentMatcher(filter).isEmpty, JSON.stringify(filter)).toBe(true)
    }
    const filters: AgentFilter[] = [
      { agentIds: [] },
      { name: '' },
      { capabilities: ['a'] },
      { statuses: ['expired'] },
      { metadata: [{ path: '', value: '' }] },
      { text: 'a' },
    ]
    for (const filter of filters) {
      expect(new AgentMatcher(filter).isEmpty, JSON.stringify(filter)).toBe(false)
    }
  })

  test('on metadata matches no agent without metadata', () => {
    expect(lists({ metadata: [{ path: '', value: 'null' }] }, { metadata: null })).toBe(false)
    expect(
      lists({ metadata: [{ path: '', value: 'null' }] }, { metadata: toMetadata('null') }),
    ).toBe(true)
  })

  test('on words is not case-sensitive, in any script and at any position in a word', () => {
    expect(lists({ text: 'ÄRZTE' }, { agentName: 'ärztekammer' })).toBe(true)
    expect(lists({ text: 'дом' }, { agentName: 'ДОМОВОЙ' })).toBe(true)
    // The lower case of a sigma depends on whether it ends a word.
    expect(lists({ text: 'ΟΔΟΣ' }, { agentName: 'ΟΔΟΣΗΜΑΝΣΗ' })).toBe(true)
    expect(lists({ text: 'οδος' }, { agentName: 'ΟΔΟΣ.gr' })).toBe(true)
  })
})
