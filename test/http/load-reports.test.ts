import { describe, expect, test } from 'vitest'
import { AgentFleet } from './agent-fleet.ts'
import { EventStreamReader } from './event-stream-reader.ts'
import { eventually } from './eventually.ts'
import { useRegistry } from './registry-under-test.ts'

const registry = useRegistry()

/** Agents of one test, and a stream that follows their loads. */
class LoadTest {
  readonly fleet: AgentFleet
  #fenceLoad = 1

  private constructor(name: string) {
    this.fleet = new AgentFleet(registry, name)
  }

  /** Registers agents by their loads, and one that {@link fence} needs. */
  static async of(name: string, loads: Record<string, number | null> = {}): Promise<LoadTest> {
    const made = new LoadTest(name)
    for (const [label, load] of Object.entries({ ...loads, fence: 0 })) {
      await made.fleet.register(label, { load })
    }
    return made
  }

  /** A stream with loads that has caught up. */
  async follow(
    query = 'snapshot=true',
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventStreamReader> {
    const parameters = this.fleet.query(`loads=true&${query}`)
    const reader = await EventStreamReader.open(registry.baseUrl, parameters, headers)
    await reader.untilSynced()
    return reader
  }

  report(label: string, load: number): Promise<void> {
    return this.fleet.report(label, { load })
  }

  /** The loads of an agent that a stream was sent, in order. */
  loads(reader: EventStreamReader, label: string): (number | null)[] {
    const id = this.fleet.id(label)
    return reader.loads.filter(({ agentId }) => agentId === id).map(({ load }) => load)
  }

  /** Resolves when a stream was sent whatever is to be sent of what was reported before. */
  async fence(reader: EventStreamReader): Promise<void> {
    await this.report('fence', this.#fenceLoad)
    await eventually(() => this.loads(reader, 'fence').at(-1)).toBe(this.#fenceLoad)
    this.#fenceLoad = 1 - this.#fenceLoad
  }

  /** The loads that a stream leaves its reader with, by label. */
  held(reader: EventStreamReader): Record<string, number | null> {
    const agents = [...reader.held.values()].filter(({ agent_id }) => !agent_id.endsWith('.fence'))
    return Object.fromEntries(agents.map((agent) => [this.fleet.label(agent), agent.load]))
  }
}

// At once: each of them mostly waits for the next second.
describe.concurrent('a stream with loads', () => {
  test('is sent the loads of heartbeats, batches and registrations, without an id', async () => {
    const loads = await LoadTest.of('ways', { one: 0, many: 0, again: 0 })
    await using reader = await loads.follow()
    const { id } = reader.received.at(-1) ?? {}
    const count = reader.received.length
    await loads.report('one', 0.5)
    await registry.post('/agents/heartbeats', {
      json: { heartbeats: [{ agent_id: loads.fleet.id('many'), load: 0.6 }] },
    })
    await loads.fleet.register('again', { load: 0.7 })
    await eventually(() => loads.held(reader)).toEqual({ one: 0.5, many: 0.6, again: 0.7 })
    expect(new Set(reader.loads.map((report) => report.id))).toEqual(new Set([id]))
    expect(reader.received).toHaveLength(count)
  })

  test('is sent a load when it has moved by 0.05 from the one that was sent last', async () => {
    const loads = await LoadTest.of('steps', { up: 0.1, down: 0.9 })
    await using reader = await loads.follow()
    await loads.report('up', 0.14)
    await loads.report('down', 0.86)
    await loads.fence(reader)
    expect([loads.loads(reader, 'up'), loads.loads(reader, 'down')]).toEqual([[], []])
    await loads.report('up', 0.15)
    await loads.report('down', 0.85)
    await loads.fence(reader)
    await loads.report('up', 0.19)
    await loads.report('down', 0.85)
    await loads.fence(reader)
    expect([loads.loads(reader, 'up'), loads.loads(reader, 'down')]).toEqual([[0.15], [0.85]])
  })

  test('is sent the load of an agent at most once a second, and then the newest', async () => {
    const loads = await LoadTest.of('often', { busy: 0 })
    await using reader = await loads.follow()
    const began = performance.now()
    let load = 0
    while (performance.now() - began < 2200) {
      load = 1 - load
      await loads.report('busy', load)
    }
    await loads.report('busy', 0.5)
    await eventually(() => loads.loads(reader, 'busy').at(-1)).toBe(0.5)
    const seconds = (performance.now() - began) / 1000
    expect(loads.loads(reader, 'busy').length).toBeLessThanOrEqual(seconds + 1)
  })

  test('is sent that an agent took its load back', async () => {
    const loads = await LoadTest.of('null', { quiet: 0.5 })
    await using reader = await loads.follow()
    await loads.fleet.register('quiet', { load: null })
    await eventually(() => loads.loads(reader, 'quiet')).toEqual([null])
    await loads.report('quiet', 0)
    await eventually(() => loads.loads(reader, 'quiet')).toEqual([null, 0])
  })

  test('is not sent the loads that its snapshot already contains', async () => {
    const loads = await LoadTest.of('known', { calm: 0.3 })
    await using first = await loads.follow()
    await using second = await loads.follow()
    await loads.fence(first)
    await eventually(() => loads.loads(second, 'fence')).toEqual([1])
    expect([first, second].map((reader) => loads.loads(reader, 'calm'))).toEqual([[], []])
  })

  test('without a snapshot is sent all loads once, and then what moves', async () => {
    const loads = await LoadTest.of('next', { calm: 0.3, busy: 0.3 })
    await using reader = await loads.follow('')
    await eventually(() => loads.loads(reader, 'busy')).toEqual([0.3])
    await loads.report('busy', 0.6)
    await loads.fence(reader)
    expect([loads.loads(reader, 'calm'), loads.loads(reader, 'busy')]).toEqual([[0.3], [0.3, 0.6]])
  })

  test.each(['Last-Event-ID', 'since'])('that resumes by %s is sent all loads', async (way) => {
    const loads = await LoadTest.of(`resume-${way.length}`, { moved: 0.1, calm: 0.2 })
    const before = await loads.follow()
    const { id = '' } = before.received.at(-1) ?? {}
    await before[Symbol.asyncDispose]()
    await loads.report('moved', 0.8)
    await using after = await (way === 'since'
      ? loads.follow(`since=${id}`)
      : loads.follow('snapshot=true', { 'last-event-id': id }))
    expect(after.held.size).toBe(0)
    await eventually(() => loads.loads(after, 'moved')).toEqual([0.8])
    expect(loads.loads(after, 'calm')).toEqual([0.2])
  })

  test('is sent only the loads of agents that its filter lists', async () => {
    const loads = await LoadTest.of('filter', { inside: 0, outside: 0, leaving: 0, gone: 0 })
    for (const label of ['inside', 'leaving', 'gone']) {
      await loads.fleet.report(label, { status: 'busy' })
    }
    await loads.fleet.report('fence', { status: 'busy' })
    await using reader = await loads.follow('snapshot=true&status=busy')
    await loads.fleet.report('leaving', { status: 'ready' })
    await loads.fleet.deregister('gone')
    await reader.until({ agentId: loads.fleet.id('gone') })
    for (const label of ['inside', 'outside', 'leaving']) await loads.report(label, 0.4)
    await loads.fence(reader)
    const labels = new Set(
      reader.loads.map(({ agentId }) => loads.fleet.label({ agent_id: agentId })),
    )
    expect(labels).toEqual(new Set(['inside', 'fence']))
    // Whoever enters is followed from there.
    await loads.fleet.report('outside', { status: 'busy' })
    await reader.until({ agentId: loads.fleet.id('outside') })
    await loads.report('outside', 0.7)
    await loads.fence(reader)
    expect(loads.held(reader)).toEqual({ inside: 0.4, outside: 0.7 })
  })

  test('ends with the loads of the list, whatever else happened to the agents', async () => {
    const labels = Array.from({ length: 20 }, (_, i) => `agent-${i}`)
    const loads = await LoadTest.of('mixed', Object.fromEntries(labels.map((it) => [it, 0])))
    await using reader = await loads.follow()
    const began = performance.now()
    for (let i = 0; performance.now() - began < 1500; i++) {
      const label = labels[i % labels.length] ?? ''
      const load = Math.random()
      if (i % 7 === 0) await loads.fleet.register(label, { load, version: `${i}` })
      else if (i % 5 === 0)
        await loads.fleet.report(label, { load, status: i % 2 ? 'busy' : 'ready' })
      else if (i % 31 === 0) await loads.fleet.deregister(label)
      else await loads.report(label, load)
    }
    await loads.fence(reader)
    const list = await loads.fleet.list()
    const differences = () =>
      list.filter(({ agent_id, load }) => {
        const held = reader.held.get(agent_id)?.load ?? Number.NaN
        return !(Math.abs(held - (load ?? Number.NaN)) < 0.05)
      })
    await eventually(() => differences().filter((it) => !it.agent_id.endsWith('.fence'))).toEqual(
      [],
    )
  })
})

describe('those who do not ask for loads', () => {
  test('see nothing of them on streams and pages', async () => {
    const loads = await LoadTest.of('silent', { busy: 0 })
    await using asking = await loads.follow()
    const quiet = [
      loads.fleet.query('snapshot=true'),
      loads.fleet.query('snapshot=true&loads=false'),
    ].map((query) => EventStreamReader.open(registry.baseUrl, query))
    const readers = await Promise.all(quiet)
    for (const reader of readers) await reader.untilSynced()
    const page = () => registry.get(`/events?${loads.fleet.query('loads=true&limit=1000')}`)
    const before = await page()
    await loads.report('busy', 1)
    await loads.fence(asking)
    const after = await page()
    expect(after.json).toEqual(before.json)
    expect(after.headers.get('x-registry-revision')).toBe(before.headers.get('x-registry-revision'))
    for (const reader of readers) {
      await loads.fleet.deregister('busy')
      await reader.until({ type: 'deregistered' })
      expect(reader.loads).toEqual([])
      await reader[Symbol.asyncDispose]()
    }
  })
})

test('loads is true or false', async () => {
  const answer = await registry.get('/events?loads=maybe')
  expect(answer).toMatchObject({ status: 422, json: { code: 'VALIDATION_FAILED' } })
})
