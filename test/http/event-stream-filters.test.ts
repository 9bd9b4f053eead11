import type { Agent } from '@rollcall/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const open = (query?: string) => EventStreamReader.open(registry.baseUrl, query)

/** Reads up to the first event of an agent. Returns types and whether each is listed. */
async function eventTypesUntil(reader: EventStreamReader, agentId: string): Promise<string[]> {
  const messages = await reader.until({ agentId })
  return messages.map((m) => ('listed' in m ? `${m.type}${m.listed ? '' : ' (not listed)'}` : ''))
}

describe('a stream with a filter', () => {
  test.each([
    ['status=ready', ['left (not listed)', 'entered', 'left (not listed)']],
    [
      'capability=search',
      ['updated', 'left (not listed)', 'entered', 'updated', 'deregistered (not listed)'],
    ],
    ['metadata.zone=2', ['entered', 'updated', 'updated', 'deregistered (not listed)']],
    ['name=Resea*', ['updated', 'updated', 'updated', 'updated', 'deregistered (not listed)']],
    ['q=zone', ['entered', 'updated', 'updated', 'deregistered (not listed)']],
  ])('reports agents that enter and leave: %s', async (filter, expected) => {
    const fleet = new AgentFleet(registry, 'crossing')
    await fleet.register('a', { capabilities: ['search'] })
    await using reader = await open(fleet.query(filter))
    await using everything = await open(fleet.query())
    await reader.untilSynced()
    await fleet.report('a', { status: 'busy' })
    await fleet.register('a', { capabilities: [], metadata: { zone: 2 } })
    await fleet.register('a', { capabilities: ['search'], metadata: { zone: 2 }, status: 'ready' })
    await fleet.report('a', { status: 'draining' })
    await fleet.deregister('a')
    await everything.until({ type: 'deregistered' })
    const got: string[] = []
    while (got.length < expected.length) got.push(...(await eventTypesUntil(reader, fleet.id('a'))))
    expect(got).toEqual(expected)
  })

  test('omits agents that do not match', async () => {
    const fleet = new AgentFleet(registry, 'quiet')
    await using reader = await open(fleet.query('status=busy'))
    await reader.untilSynced()
    await fleet.register('a')
    await fleet.register('a', { version: '2' })
    await fleet.deregister('a')
    await fleet.register('b', { status: 'busy' })
    expect(await eventTypesUntil(reader, fleet.id('b'))).toEqual(['registered'])
  })

  test('for ids reports these agents only', async () => {
    const fleet = new AgentFleet(registry, 'ids')
    await fleet.register('x:1')
    await using reader = await open(
      `agent_id=${fleet.id('x:*')}&agent_id=${fleet.id('z')}&snapshot=true`,
    )
    const labels = (await reader.untilSynced()).flatMap((m) => ('agent' in m ? [m.agent_id] : []))
    expect(labels).toEqual([fleet.id('x:1')])
    await fleet.register('y')
    await fleet.register('x:2')
    expect(await eventTypesUntil(reader, fleet.id('x:2'))).toEqual(['registered'])
    await fleet.register('z')
    expect(await eventTypesUntil(reader, fleet.id('z'))).toEqual(['registered'])
  })

  test('follows expired agents until they are removed, if they match', async () => {
    const fleet = new AgentFleet(registry, 'end')
    await using expired = await open(fleet.query('status=expired'))
    await using all = await open(fleet.query('include_dead=true'))
    for (const reader of [expired, all]) await reader.untilSynced()
    await fleet.register('a', { ttl_seconds: 1 })
    await fleet.expiry('a')
    await fleet.deregister('a')
    const outcome = async (reader: EventStreamReader) =>
      (await reader.until({ type: 'deregistered' })).map((m) => 'listed' in m && [m.type, m.listed])
    expect(await outcome(expired)).toEqual([
      ['entered', true],
      ['deregistered', false],
    ])
    expect(await outcome(all)).toEqual([
      ['registered', true],
      ['expired', true],
      ['deregistered', false],
    ])
  })
})

describe('many streams at once', () => {
  test('each get exactly what matches their filter', async () => {
    const fleet = new AgentFleet(registry, 'zones')
    const zones = ['1', '2', '3']
    const readers = await Promise.all(zones.map((z) => open(fleet.query(`metadata.zone=${z}`))))
    await using everything = await open(fleet.query())
    for (const reader of [...readers, everything]) await reader.untilSynced()
    for (const [index, zone] of [...zones, ...zones].entries()) {
      await fleet.register(`${index}`, { metadata: { zone } })
    }
    await everything.until({ agentId: fleet.id('5') })
    for (const [index, reader] of readers.entries()) {
      await reader.until({ agentId: fleet.id(`${index + 3}`) })
      expect(fleet.labels(reader.held.values().toArray())).toEqual([`${index}`, `${index + 3}`])
      await reader[Symbol.asyncDispose]()
    }
    expect(everything.held.size).toBe(6)
  })

  test('with the same filter get the same events, whenever they joined', async () => {
    const fleet = new AgentFleet(registry, 'same')
    const readers = [await open(fleet.query()), await open(fleet.query())]
    for (const reader of readers) await reader.untilSynced()
    await fleet.register('a')
    const late = await open(`since=${readers[0]?.received[0]?.id}&${fleet.query()}`)
    await fleet.register('b')
    readers.push(late)
    const stories = await Promise.all(
      readers.map(async (reader) => {
        await reader.until({ agentId: fleet.id('b') })
        const events = reader.received.filter(({ type }) => type === 'registered')
        await reader[Symbol.asyncDispose]()
        return events
      }),
    )
    expect(stories[0]).toHaveLength(2)
    expect(stories[1]).toEqual(stories[0])
    expect(stories[2]).toEqual(stories[0])
  })

  test('are unaffected when others disconnect', async () => {
    const fleet = new AgentFleet(registry, 'leaving')
    const readers = await Promise.all(Array.from({ length: 10 }, () => open(fleet.query())))
    for (const reader of readers) await reader.untilSynced()
    for (const [index, reader] of readers.entries()) {
      if (index % 2 === 0) await reader[Symbol.asyncDispose]()
    }
    await fleet.register('a')
    for (const [index, reader] of readers.entries()) {
      if (index % 2 === 0) continue
      await reader.until({ agentId: fleet.id('a') })
      await reader[Symbol.asyncDispose]()
    }
  })
})

const FILTERS = ['', 'status=ready', 'status=busy&capability=x', 'metadata.zone=1', 'q=zone+x']

/** A random change of one of a few agents. */
const action = fc.record({
  label: fc.constantFrom('a', 'b', 'c', 'd'),
  what: fc.constantFrom('register', 'register', 'register', 'report', 'deregister'),
  status: fc.constantFrom('ready', 'busy'),
  capabilities: fc.constantFrom(['x'], []),
  zone: fc.constantFrom(1, 2),
})

test('a reader that keeps the agents of listed events and drops the others has the list', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 25 }), async (actions) => {
      const fleet = new AgentFleet(registry, 'rule')
      const half = Math.floor(actions.length / 2)
      await perform(fleet, actions.slice(0, half))
      const readers = await Promise.all(
        FILTERS.map((filter) => open(`snapshot=true&${fleet.query(filter)}`)),
      )
      const performed = perform(fleet, actions.slice(half))
      for (const reader of readers) await reader.untilSynced()
      await performed
      for (const [index, reader] of readers.entries()) {
        // Enters and leaves every stream, so that its events mark the end of all earlier ones.
        const mark = { status: 'busy', capabilities: ['x'], metadata: { zone: 1 } }
        const label = `mark-${index}`
        await fleet.register(label, {
          ...mark,
          status: FILTERS[index] === 'status=ready' ? 'ready' : 'busy',
        })
        await fleet.deregister(label)
        await reader.until({ agentId: fleet.id(label), type: 'deregistered' })
        const listed = await fleet.list(FILTERS[index])
        expect(withoutLeases(reader.held.values().toArray())).toEqual(withoutLeases(listed))
        await reader[Symbol.asyncDispose]()
      }
    }),
    { numRuns: 15 },
  )
})

/** Agents by id, without the fields that heartbeats change. */
function withoutLeases(agents: readonly Agent[]): object[] {
  return agents
    .map(({ last_heartbeat: _, expires_at: __, load: ___, ...agent }) => agent)
    .toSorted((a, b) => (a.agent_id < b.agent_id ? -1 : 1))
}

async function perform(
  fleet: AgentFleet,
  actions: readonly (typeof action extends fc.Arbitrary<infer A> ? A : never)[],
): Promise<void> {
  for (const { label, what, status, capabilities, zone } of actions) {
    if (what === 'register')
      await fleet.register(label, { status, capabilities, metadata: { zone } })
    else if (what === 'report') await fleet.report(label, { status })
    else await fleet.deregister(label)
  }
}
