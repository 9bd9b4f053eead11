import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { sendHeartbeats } from './support/bulk-requests.ts'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { parsePrometheusText, sampleValue } from './support/prometheus-text.ts'
import { useRegistry } from './support/registry-under-test.ts'

// A heartbeat that changes nothing visible changes no revision and wakes no feed: however many
// there are, they cost followers of the feed nothing.

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'silent')
const ids = Array.from({ length: 50 }, (_, index) => fleet.id(`${index}`))

beforeAll(async () => {
  for (const index of ids.keys()) await fleet.register(`${index}`, { status: 'busy', load: 0.5 })
})

/** Figures that every transition changes. */
async function figures(): Promise<Record<string, number>> {
  const samples = parsePrometheusText((await registry.get('/metrics')).text)
  const { headers } = await registry.request('HEAD', '/agents?limit=1')
  return {
    wakeUps: sampleValue(samples, 'rollcall_feed_wakeups_total'),
    events: sampleValue(samples, 'rollcall_feed_events_total'),
    revision: Number(headers.get('x-registry-revision')),
  }
}

const batch = (report: object) => ({
  json: { heartbeats: ids.map((agent_id) => ({ agent_id, ...report })) },
})

const HEARTBEATS: Readonly<Record<string, () => Promise<unknown>>> = {
  '5000 plain heartbeats': () =>
    sendHeartbeats(registry.baseUrl, Array.from({ length: 100 }, () => ids).flat()),
  'a batch of ids': () => registry.post('/agents/heartbeats', { json: { agent_ids: ids } }),
  'a batch of loads': () => registry.post('/agents/heartbeats', batch({ load: 0.1 })),
  'a batch of unchanged statuses': () =>
    registry.post('/agents/heartbeats', batch({ status: 'busy', load: 0.2 })),
  'a load report': () => fleet.report('0', { load: 1 }),
  'a report of an unchanged status': () => fleet.report('0', { status: 'busy' }),
  'an identical registration': () => fleet.register('1', { status: 'busy', load: 0.9 }),
}

describe.each(Object.entries(HEARTBEATS))('%s', (_what, beat) => {
  test('change no revision, wake no feed and appear on no stream', async () => {
    await using unfiltered = await EventStreamReader.open(registry.baseUrl)
    await using some = await EventStreamReader.open(registry.baseUrl, fleet.query('status=busy'))
    for (const reader of [unfiltered, some]) await reader.untilSynced()
    const before = await figures()
    await beat()
    expect(await figures()).toEqual(before)
    // The next event on either stream is the next transition.
    await fleet.register('fence', { status: 'busy' })
    for (const reader of [unfiltered, some]) {
      expect(await reader.next()).toMatchObject({
        type: 'registered',
        agent_id: fleet.id('fence'),
        revision: Number(before.revision) + 1,
      })
    }
    await fleet.deregister('fence')
  })
})

test('a status change does all of that', async () => {
  await using reader = await EventStreamReader.open(registry.baseUrl, fleet.query())
  await reader.untilSynced()
  const before = await figures()
  await fleet.report('0', { status: 'ready' })
  await reader.until({ agentId: fleet.id('0') })
  const after = await figures()
  expect(after).toEqual({
    wakeUps: Number(before.wakeUps) + 1,
    events: Number(before.events) + 1,
    revision: Number(before.revision) + 1,
  })
})
