import { expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { StreamingServer } from './support/streaming-server.ts'

const IDS = Array.from({ length: 10_000 }, (_, index) => `${'agent-'.repeat(15)}${index}`)
/** Maximum unsent bytes of one reader: the limit, plus what is sent at once on top of it. */
const BACKLOG_LIMIT = 512 * 1024

/** Starts a server with many agents whose loads are 0. */
async function startFull(): Promise<StreamingServer> {
  const server = await StreamingServer.start()
  await registerMany(
    server.baseUrl,
    IDS.map((agent_id) => ({ agent_id, agent_name: 'A', host: 'h', port: 1, load: 0 })),
  )
  return server
}

function report(server: StreamingServer, load: number) {
  return server.repository.updateHeartbeats(IDS.map((agentId) => ({ agentId, load })))
}

test('a reader that stops reading builds up no backlog, and receives current loads when it resumes', async () => {
  await using server = await startFull()
  await using healthy = await EventStreamReader.open(server.baseUrl, 'snapshot=true&loads=true')
  await healthy.untilSynced()
  using slow = new PausingReader(server.baseUrl, 'snapshot=true&loads=true')
  await eventually(() => slow.last?.type).toBe('synced')
  slow.pause()
  let peak = 0
  // More than the buffers of the system hold: each round is a megabyte.
  for (let round = 1; round <= 8; round++) {
    const load = round / 10
    await report(server, load)
    await eventually(() => {
      peak = Math.max(peak, server.longestBacklog)
      return healthy.held.get(IDS.at(-1) ?? '')?.load
    }).toBe(load)
  }
  expect(peak).toBeGreaterThan(0)
  expect(peak).toBeLessThan(BACKLOG_LIMIT)
  slow.resume()
  const held = new Map<string, number>()
  let read = 0
  await eventually(() => {
    for (; read < slow.events.length; read++) {
      const { type, data } = slow.events[read] ?? { data: '' }
      if (type !== 'loads') continue
      for (const { agent_id, load } of JSON.parse(data).loads) held.set(agent_id, load)
    }
    return [...held.values()].filter((load) => load === 0.8).length
  }).toBe(IDS.length)
}, 60_000)

test('the loads of all agents at once reach a reader that keeps up', async () => {
  await using server = await startFull()
  await using reader = await EventStreamReader.open(server.baseUrl, 'snapshot=true&loads=true')
  await reader.untilSynced()
  await report(server, 0.5)
  await eventually(() => [...reader.held.values()].filter(({ load }) => load === 0.5).length).toBe(
    IDS.length,
  )
})
