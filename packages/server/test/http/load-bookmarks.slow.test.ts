import { expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { StreamingServer } from './support/streaming-server.ts'

test('continuous load reports do not prevent bookmarks', async () => {
  await using server = await StreamingServer.start()
  const agent = (agent_id: string) => ({ agent_id, agent_name: agent_id, host: 'h', port: 1 })
  await registerMany(server.baseUrl, [agent('busy')])
  const query = 'snapshot=true&loads=true&name=busy'
  await using reader = await EventStreamReader.open(server.baseUrl, query)
  await reader.untilSynced()
  await registerMany(server.baseUrl, [agent('other')])
  let load = 0
  const beat = setInterval(() => {
    load = 1 - load
    server.repository.updateHeartbeat('busy', { load })
  }, 200)
  try {
    // After 15 s without an event, however many loads there were.
    expect(await reader.next(60_000)).toMatchObject({ type: 'bookmark', revision: 2 })
  } finally {
    clearInterval(beat)
  }
  expect(reader.loads.length).toBeGreaterThan(5)
}, 90_000)
