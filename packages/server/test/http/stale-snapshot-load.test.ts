import { expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { StreamingServer } from './support/streaming-server.ts'

const agent = (agent_id: string, fields: Readonly<Record<string, unknown>>) => ({
  agent_id,
  agent_name: agent_id,
  host: 'h',
  port: 1,
  ...fields,
})

test('a load in an event that arrived after the snapshot is corrected as well', async () => {
  await using server = await StreamingServer.start()
  const { baseUrl, repository } = server
  const register = (...agents: Readonly<Record<string, unknown>>[]) => registerMany(baseUrl, agents)
  const follow = (name: string) =>
    EventStreamReader.open(baseUrl, `snapshot=true&loads=true&name=${name}`)
  await register(agent('other', { load: 0 }), agent('moved', { load: 0.1 }))
  await using first = await follow('other')
  await first.untilSynced()
  await repository.updateHeartbeat('other', { load: 1 })
  await eventually(() => first.loads.length).toBe(1)
  // The next round is a second away: until then, a new reader waits to join.
  await using second = await follow('moved')
  await second.untilSynced()
  await register(agent('moved', { load: 0.5, version: 'new' }))
  await second.until({ type: 'updated' })
  await repository.updateHeartbeat('moved', { load: 0.12 })
  expect(second.loads).toEqual([])
  await eventually(() => second.held.get('moved')?.load).toBe(0.12)
})
