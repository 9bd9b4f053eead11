import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { registerMany, sendHeartbeats } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { largeFleet } from './support/large-fleet.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { StreamingServer } from './support/streaming-server.ts'

/** Maximum unsent bytes of one reader: the limit, plus what is sent at once on top of it. */
const BACKLOG_LIMIT = 4 * 1024 * 1024
/** About 28 MB of events: more than any buffers between a server and its reader. */
const FLEET = largeFleet(1000)
const TWO_UPDATES = [1, 2].map((round) => FLEET.map((agent) => ({ ...agent, version: `${round}` })))

/** Creates many events. Returns the largest backlog of a reader in the meantime. */
async function createManyEvents(server: StreamingServer): Promise<number> {
  let peak = 0
  const watch = setInterval(() => {
    peak = Math.max(peak, server.longestBacklog)
  }, 5)
  for (const registrations of TWO_UPDATES) await registerMany(server.baseUrl, registrations)
  clearInterval(watch)
  return peak
}

describe('a reader that stops reading', () => {
  test.concurrent('is dropped with a reason, within bounded memory, without affecting others', async () => {
    await using server = await StreamingServer.start()
    await using healthy = await EventStreamReader.open(server.baseUrl)
    using slow = new PausingReader(server.baseUrl, '')
    await eventually(() => slow.last?.type).toBe('synced')
    slow.pause()
    expect(await createManyEvents(server)).toBeLessThan(BACKLOG_LIMIT)
    // The registrations arrive on several connections, so any of them may be the last.
    await eventually(() => healthy.received.length).toBe(1 + 2000)
    await sendHeartbeats(
      server.baseUrl,
      FLEET.map(({ agent_id }) => String(agent_id)),
    )
    await eventually(() => server.drops('stalled')).toBe(1)
    expect(await server.readers()).toBe(1)
    slow.resume()
    await slow.ended
    expect(slow.last).toMatchObject({ type: 'closing', reason: expect.stringMatching(/slow/) })
    await registerMany(server.baseUrl, [{ agent_id: 'z', agent_name: 'Z', host: 'h', port: 1 }])
    await healthy.until({ agentId: 'z' })
  })

  test.concurrent('can resume from its position', async () => {
    await using server = await StreamingServer.start()
    using slow = new PausingReader(server.baseUrl, 'since=0')
    await eventually(() => slow.last?.type).toBe('synced')
    slow.pause()
    await createManyEvents(server)
    await eventually(() => server.drops('stalled')).toBe(1)
    slow.resume()
    await slow.ended
    const id = String(slow.events.at(-1)?.id)
    await using resumed = await EventStreamReader.open(server.baseUrl, '', { 'last-event-id': id })
    await resumed.untilSynced()
    expect(resumed.received.map(({ type }) => type)).not.toContain('reset')
    const first = slow.events.filter(({ type }) => type !== 'closing').length - 1
    expect(resumed.received.at(0)?.revision).toBe(first + 1)
    expect(resumed.received).toHaveLength(2000 - first + 1)
  })
})

describe('a reader that pauses temporarily', () => {
  test('receives every event exactly once', async () => {
    await using server = await StreamingServer.start()
    using slow = new PausingReader(server.baseUrl, '')
    await eventually(() => slow.last?.type).toBe('synced')
    slow.pause()
    expect(await createManyEvents(server)).toBeLessThan(BACKLOG_LIMIT)
    slow.resume()
    await eventually(() => slow.last?.revision).toBe(2000)
    const events = slow.events.filter(({ type }) => type !== 'synced')
    const revisions = events.map(({ data }) => JSON.parse(data).revision)
    expect(revisions).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1))
    await eventually(() => server.readers()).toBe(1)
    expect(await server.drops('stalled')).toBe(0)
  })

  test('in a snapshot receives all of it, and the server buffers only a little', async () => {
    await using server = await StreamingServer.start()
    await registerMany(server.baseUrl, FLEET)
    using slow = new PausingReader(server.baseUrl, 'snapshot=true')
    await eventually(() => slow.events.length).toBeGreaterThan(0)
    slow.pause()
    await eventually(() => server.longestBacklog).toBeGreaterThan(0)
    expect(server.longestBacklog).toBeLessThan(BACKLOG_LIMIT)
    expect(await server.readers()).toBe(0)
    slow.resume()
    await eventually(() => slow.last?.type).toBe('synced')
    expect(slow.events).toHaveLength(1001)
  })

  test('in a snapshot receives another one when the history no longer reaches back', async () => {
    const repository = new MemoryAgentRegistryRepository({ historyLimit: 10 })
    await using server = await StreamingServer.start(repository)
    await registerMany(server.baseUrl, FLEET)
    using slow = new PausingReader(server.baseUrl, 'snapshot=true')
    await eventually(() => slow.events.length).toBeGreaterThan(0)
    slow.pause()
    await registerMany(
      server.baseUrl,
      FLEET.slice(0, 50).map((agent) => ({ ...agent, version: 'new' })),
    )
    slow.resume()
    await eventually(() => slow.last?.type).toBe('synced')
    const types = slow.events.map(({ type }) => type)
    expect(slow.types()).toEqual(new Set(['snapshot', 'reset', 'synced']))
    const afterReset = slow.events.slice(types.lastIndexOf('reset') + 1, -1)
    const versions = afterReset.map(({ data }) => JSON.parse(data).agent.version)
    expect(versions).toHaveLength(1000)
    expect(versions.filter((version) => version === 'new')).toHaveLength(50)
  })
})

test('a reader that keeps up is not dropped by a batch, however large it is', async () => {
  await using server = await StreamingServer.start()
  const ids = Array.from({ length: 10_000 }, (_, index) => `agent-${index}`)
  await registerMany(
    server.baseUrl,
    ids.map((agent_id) => ({ agent_id, agent_name: 'A', host: 'h', port: 1 })),
  )
  await using reader = await EventStreamReader.open(server.baseUrl)
  await reader.untilSynced()
  const heartbeats = ids.map((agent_id) => ({ agent_id, status: 'busy' }))
  await fetch(`${server.baseUrl}/agents/heartbeats`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ heartbeats }),
  })
  await eventually(() => reader.held.size).toBe(10_000)
  expect(reader.received).toHaveLength(10_001)
  expect(await server.readers()).toBe(1)
})
