import type { AgentStatus } from '@rollcall/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AgentFilter } from '../../../src/domain/query/agent-filter.ts'
import { AgentMatcher } from '../../../src/domain/query/agent-matcher.ts'
import { IndexedFleet } from './indexed-fleet.ts'

/** More than the index collects and sorts for one search. */
const MANY = 4_200
/** Agents that one call adds to the index. */
const BLOCK_SIZE = 128
const FILTERS: Readonly<Record<string, AgentFilter>> = {
  'the beginning of all ids': { agentIds: ['agent-*'] },
  'the beginning of a few ids': { agentIds: ['agent-0041*'] },
  'ids and beginnings of ids': {
    agentIds: ['agent-00007', 'agent-02*', 'agent-00413', 'b', 'a*b'],
  },
  'the beginning of a few ids and a capability of nearly all agents': {
    agentIds: ['agent-0041*'],
    capabilities: ['common'],
  },
  'the beginning of all ids and a capability of a few': {
    agentIds: ['a*'],
    capabilities: ['of-41'],
  },
  'a capability of nearly all agents': { capabilities: ['common'] },
  'a capability of a few': { capabilities: ['of-41'] },
  'a capability of one agent and one of nearly all': { capabilities: ['of-4111', 'common'] },
  'a capability of no agent': { capabilities: ['common', 'nothing'] },
  'a name of nearly all agents': { name: 'Common' },
  'a prefix of nearly all names': { name: 'Com*' },
  'a prefix of a few names': { name: 'Rare 41*' },
  'a value of a third of the agents': { metadata: [{ path: 'third', value: '2' }] },
  'a status of nearly all agents': { statuses: ['ready'] },
  'the rare statuses': { statuses: ['busy', 'draining'] },
  'any status': { statuses: ['ready', 'busy', 'draining', 'expired'] },
  'suspect agents': { statuses: ['suspect'] },
  'suspect, dead and busy agents': { statuses: ['suspect', 'expired', 'busy'] },
  'dead agents': { statuses: ['expired'] },
  'dead and busy agents': { statuses: ['expired', 'busy'] },
  'dead agents with a capability': { statuses: ['expired'], capabilities: ['of-7'] },
  'words of nearly all agents': { text: 'COMMON agent' },
  'a word of a few': { text: 'are 41' },
  'a word that is too short for the index': { text: '99' },
  'a word of no agent': { text: 'nothing' },
  'several conditions': { name: 'Com*', statuses: ['ready'], text: 'third', includeDead: true },
}

function fleetOf(count: number, options?: { deferred: boolean }): IndexedFleet {
  const fleet = new IndexedFleet(options)
  for (let number = 0; number < count; number++) fleet.put(number)
  for (let number = 0; number < count; number += 50) fleet.put(number, { status: 'busy' })
  for (let number = 7; number < count; number += 70) fleet.put(number, { ttlSeconds: 1 })
  fleet.advance(1_000)
  return fleet
}

describe('the index of agents', () => {
  const large = fleetOf(1.25 * MANY)
  test.each(Object.entries(FILTERS))('misses none of a large fleet by %s', (_, filter) => {
    large.check(filter)
  })

  test('misses none while it is being filled, including agents added, changed or removed meanwhile', () => {
    const fleet = fleetOf(MANY, { deferred: true })
    let rounds = 0
    for (; fleet.table.indexMore(); rounds++) {
      // Before the position reached so far, after it, and right at it.
      for (const start of [0, 64, MANY / 2, MANY - 400]) {
        const number = start + 8 * rounds
        if (rounds % 3 === 0) fleet.delete(number)
        else if (rounds % 3 === 1) fleet.put(number, { variant: 2, status: 'draining' })
        else fleet.put(number + MANY, { variant: 1 })
      }
      // Blocks are indexed in the order of the ids, so this is the last indexed agent.
      fleet.put(BLOCK_SIZE * (rounds + 1) - 1, { variant: 2, status: 'draining' })
      if (rounds % 8 === 0) for (const filter of Object.values(FILTERS)) fleet.check(filter)
    }
    expect(rounds).toBeGreaterThan(MANY / BLOCK_SIZE)
    for (const filter of Object.values(FILTERS)) fleet.check(filter)
  })

  test('adds each agent once, even at the position reached so far', () => {
    const fleet = new IndexedFleet({ deferred: true })
    // One id is left unused between every two blocks.
    const isFree = (number: number) => number % (BLOCK_SIZE + 1) === BLOCK_SIZE
    for (let number = 0; number < 1_000; number++) if (!isFree(number)) fleet.put(number)
    for (let start = 0; fleet.table.indexMore(); start += BLOCK_SIZE + 1) {
      // Now there is room at the end of this block, after the position reached so far.
      fleet.delete(start)
      fleet.put(start + BLOCK_SIZE)
      fleet.table.indexMore()
      fleet.put(start + BLOCK_SIZE, { variant: 1, status: 'busy' })
    }
    for (const filter of Object.values(FILTERS)) fleet.check(filter)
  })

  test('excludes candidates that were removed or replaced since they were returned', () => {
    const fleet = new IndexedFleet()
    for (let number = 0; number < 10; number++) fleet.put(number)
    const matcher = new AgentMatcher({ capabilities: ['common'] })
    const found = fleet.table.candidates(matcher).after(undefined)
    const matching = () =>
      fleet.table.matching(found, matcher, 'clock').map(({ agentId }) => agentId.at(-1))
    expect(matching().join('')).toBe('0123456789')
    fleet.delete(3)
    fleet.delete(4)
    fleet.put(4)
    fleet.put(5, { variant: 3 })
    expect(matching().join('')).toBe('0126789')
  })

  test('returns few candidates when few agents match', () => {
    const fleet = fleetOf(MANY)
    const few: AgentFilter[] = [
      { agentIds: ['agent-0041*'] },
      { agentIds: ['agent-00412'], text: 'common' },
      { agentIds: ['agent-0041*', 'agent-01234'], statuses: ['ready'] },
      { agentIds: ['agent-*'], capabilities: ['of-41'] },
      { capabilities: ['common', 'of-41'] },
      { name: 'Rare 41*', statuses: ['ready'] },
      { name: 'Com*', capabilities: ['of-41'] },
      { metadata: [{ path: 'number', value: '4111' }] },
      { statuses: ['busy', 'draining'] },
      { statuses: ['expired'] },
      { text: 'common rare.4111' },
    ]
    for (const filter of few) {
      expect(fleet.candidates(filter).length, JSON.stringify(filter)).toBeLessThan(MANY / 20)
    }
  })

  test('returns few candidates for few ids before it is complete', () => {
    const fleet = fleetOf(MANY, { deferred: true })
    expect(fleet.candidates({ agentIds: ['agent-0041*'], text: 'common' })).toHaveLength(10)
    expect(fleet.candidates({ agentIds: ['agent-00412'] })).toEqual(['agent-00412'])
  })

  test('returns no candidates for removed agents', () => {
    const fleet = fleetOf(600)
    for (let number = 0; number < 600; number++) fleet.delete(number)
    for (const [what, filter] of Object.entries(FILTERS)) {
      expect(fleet.candidates(filter), what).toEqual([])
    }
    fleet.put(41)
    fleet.check({ capabilities: ['of-41'] })
    fleet.check({ text: 'common' })
  })

  test('does not confuse an agent with the previous owner of its document id', () => {
    const fleet = fleetOf(600)
    for (let number = 0; number < 600; number++) fleet.delete(number)
    for (let number = 1_000; number < 1_600; number++) fleet.put(number, { variant: 3 })
    for (const text of ['agent-00041', 'agent-00541'])
      expect(fleet.candidates({ text }), text).toEqual([])
    fleet.check({ text: 'agent-01041' })
  })

  test('returns dead agents from their deadline until they are revived', () => {
    const fleet = fleetOf(500)
    const { lapsed } = fleet.table.takeLapsed(fleet.now, 3)
    expect(lapsed).toHaveLength(3)
    fleet.check({ statuses: ['expired'] })
    fleet.expire(7)
    fleet.check({ statuses: ['expired'] })
    fleet.check({ statuses: ['ready'], includeDead: true })
    fleet.put(7)
    fleet.check({ statuses: ['expired'] })
    expect(fleet.candidates({ statuses: ['expired'] })).not.toEqual([])
  })
})

type Step =
  | { readonly kind: 'put'; readonly variant: number; readonly status: AgentStatus }
  | { readonly kind: 'delete' | 'expire' | 'hold' | 'lapse' | 'take' | 'fill' }

/** A step applied to agents `from`, `from + step`, …, up to `count` of them. */
type RunOfSteps = Step & { readonly from: number; readonly count: number; readonly step: number }

const run = {
  from: fc.nat({ max: 5_500 }),
  count: fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 6_000 })),
  step: fc.constantFrom(1, 1, 2, 7, 127),
}
const steps: fc.Arbitrary<RunOfSteps> = fc.oneof(
  fc.record({
    ...run,
    kind: fc.constant('put'),
    variant: fc.nat({ max: 3 }),
    status: fc.constantFrom('ready', 'busy', 'draining'),
  }),
  fc.record({ ...run, kind: fc.constantFrom('delete', 'expire', 'hold', 'lapse', 'take', 'fill') }),
)

function perform(fleet: IndexedFleet, { from, count, step, ...action }: RunOfSteps): void {
  const { kind } = action
  if (kind === 'lapse') fleet.advance(500)
  if (kind === 'take') fleet.table.takeLapsed(fleet.now, count)
  for (let block = 0; kind === 'fill' && block < count / 100; block++) fleet.table.indexMore()
  for (let nth = 0, number = from; nth < count && number < 6_000; nth++, number += step) {
    if (kind === 'delete') fleet.delete(number)
    else if (kind === 'expire') fleet.expire(number)
    else if (kind === 'hold') fleet.hold(number)
    else if (action.kind === 'put')
      fleet.put(number, { ...action, ttlSeconds: number % 3 === 0 ? 1 : 3_600 })
  }
}

test('the index of agents never misses a match after any additions, changes and removals', () => {
  const filters = fc.subarray(Object.values(FILTERS), { minLength: 2, maxLength: 4 })
  const sequence = fc.array(fc.tuple(steps, filters), { maxLength: 8, size: 'max' })
  fc.assert(
    fc.property(fc.boolean(), fc.nat({ max: 5_000 }), sequence, (deferred, count, all) => {
      const fleet = new IndexedFleet({ deferred })
      for (let number = 0; number < count; number++) fleet.put(number)
      for (const [step, filters] of all) {
        perform(fleet, step)
        for (const filter of filters) fleet.check(filter)
      }
      while (fleet.table.indexMore());
      for (const filter of Object.values(FILTERS)) fleet.check(filter)
    }),
    { numRuns: 10 },
  )
})
