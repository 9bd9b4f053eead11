import { describe, expect, test } from 'vitest'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { FollowedFleet } from './support/followed-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

// Concurrent: each of them mostly waits for the next second.
describe.concurrent('a stream with loads', () => {
  test('gets the loads of heartbeats, batches and registrations, without an id', async ({
    expect,
  }) => {
    const loads = await FollowedFleet.of(registry, expect, 'ways', { one: 0, many: 0, again: 0 })
    await using reader = await loads.follow()
    const { id } = reader.received.at(-1) ?? {}
    const count = reader.received.length
    await loads.report('one', 0.5)
    await registry.post('/agents/heartbeats', {
      json: { heartbeats: [{ agent_id: loads.fleet.id('many'), load: 0.6 }] },
    })
    await loads.fleet.register('again', { load: 0.7 })
    await loads.eventually(() => loads.held(reader)).toEqual({ one: 0.5, many: 0.6, again: 0.7 })
    expect(new Set(reader.loads.map((report) => report.id))).toEqual(new Set([id]))
    expect(reader.received).toHaveLength(count)
  })

  test('is informed when an agent withdraws its load', async ({ expect }) => {
    const loads = await FollowedFleet.of(registry, expect, 'null', { quiet: 0.5 })
    await using reader = await loads.follow()
    await loads.fleet.register('quiet', { load: null })
    await loads.eventually(() => loads.loads(reader, 'quiet')).toEqual([null])
    await loads.report('quiet', 0)
    await loads.eventually(() => loads.loads(reader, 'quiet')).toEqual([null, 0])
  })

  test('does not repeat the loads that its snapshot contains', async ({ expect }) => {
    const loads = await FollowedFleet.of(registry, expect, 'known', { calm: 0.3 })
    await using first = await loads.follow()
    await using second = await loads.follow()
    await loads.fence(first)
    await loads.eventually(() => loads.loads(second, 'fence')).toEqual([1])
    expect([first, second].map((reader) => loads.loads(reader, 'calm'))).toEqual([[], []])
  })

  test('without a snapshot gets all loads once, and then changes', async ({ expect }) => {
    const loads = await FollowedFleet.of(registry, expect, 'next', { calm: 0.3, busy: 0.3 })
    await using reader = await loads.follow('')
    await loads.eventually(() => loads.loads(reader, 'busy')).toEqual([0.3])
    await loads.report('busy', 0.6)
    await loads.fence(reader)
    expect([loads.loads(reader, 'calm'), loads.loads(reader, 'busy')]).toEqual([[0.3], [0.3, 0.6]])
  })

  test.for(['Last-Event-ID', 'since'])(
    'that resumes by %s gets all loads',
    async (way, { expect }) => {
      const loads = await FollowedFleet.of(registry, expect, `resume-${way.length}`, {
        moved: 0.1,
        calm: 0.2,
      })
      const before = await loads.follow()
      const { id = '' } = before.received.at(-1) ?? {}
      await before[Symbol.asyncDispose]()
      await loads.report('moved', 0.8)
      await using after = await (way === 'since'
        ? loads.follow(`since=${id}`)
        : loads.follow('snapshot=true', { 'last-event-id': id }))
      expect(after.held.size).toBe(0)
      await loads.eventually(() => loads.loads(after, 'moved')).toEqual([0.8])
      expect(loads.loads(after, 'calm')).toEqual([0.2])
    },
  )

  test('gets only the loads of agents that its filter lists', async ({ expect }) => {
    const loads = await FollowedFleet.of(registry, expect, 'filter', {
      inside: 0,
      outside: 0,
      leaving: 0,
      removed: 0,
    })
    for (const label of ['inside', 'leaving', 'removed']) {
      await loads.fleet.report(label, { status: 'busy' })
    }
    await loads.fleet.report('fence', { status: 'busy' })
    await using reader = await loads.follow('snapshot=true&status=busy')
    await loads.fleet.report('leaving', { status: 'ready' })
    await loads.fleet.deregister('removed')
    await reader.until({ agentId: loads.fleet.id('removed') })
    // Until then, it was listed.
    const before = reader.loads.length
    for (const label of ['inside', 'outside', 'leaving']) await loads.report(label, 0.4)
    await loads.fence(reader)
    const labels = new Set(
      reader.loads.slice(before).map(({ agentId }) => loads.fleet.label({ agent_id: agentId })),
    )
    expect(labels).toEqual(new Set(['inside', 'fence']))
    // An agent that enters is followed from then on.
    await loads.fleet.report('outside', { status: 'busy' })
    await reader.until({ agentId: loads.fleet.id('outside') })
    await loads.report('outside', 0.7)
    await loads.fence(reader)
    expect(loads.held(reader)).toEqual({ inside: 0.4, outside: 0.7 })
  })

  test('is the only one with loads: other streams and pages have none', async ({ expect }) => {
    const loads = await FollowedFleet.of(registry, expect, 'silent', { busy: 0 })
    await using asking = await loads.follow()
    const withoutLoads = [
      loads.fleet.query('snapshot=true'),
      loads.fleet.query('snapshot=true&loads=false'),
    ].map((query) => EventStreamReader.open(registry.baseUrl, query))
    const readers = await Promise.all(withoutLoads)
    for (const reader of readers) await reader.untilSynced()
    const page = () => registry.get(`/events?${loads.fleet.query('loads=true&limit=1000')}`)
    const before = await page()
    await loads.report('busy', 1)
    await loads.fence(asking)
    expect((await page()).json).toEqual(before.json)
    await loads.fleet.deregister('busy')
    for (const reader of readers) {
      await reader.until({ type: 'deregistered' })
      expect(reader.loads).toEqual([])
      await reader[Symbol.asyncDispose]()
    }
  })
})

test('loads is true or false', async () => {
  const response = await registry.get('/events?loads=maybe')
  expect(response).toMatchObject({ status: 422, json: { code: 'VALIDATION_FAILED' } })
})
