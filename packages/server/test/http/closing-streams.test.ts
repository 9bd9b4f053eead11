import { describe, expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { ServerSentEventParser } from '../../../../test/http/support/server-sent-events.ts'
import { largeFleet } from './support/large-fleet.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { requestWhileClosing } from './support/request-while-closing.ts'
import { StreamingServer } from './support/streaming-server.ts'

/** Milliseconds that it took to close. */
async function close(server: StreamingServer): Promise<number> {
  const began = performance.now()
  await server.server.close()
  return performance.now() - began
}

/** Above what a busy machine adds, below the five seconds that closing may take. */
const AT_ONCE_MS = 4500
/** Below the ten seconds after which a reader that stands still is dropped. */
const BEFORE_DROPPED_MS = 9000

const agent = { agent_id: 'a', agent_name: 'A', host: 'h', port: 1 }

describe('a registry that closes', () => {
  test('tells its readers so at once, and where to go on', async () => {
    await using server = await StreamingServer.start()
    const readers = await Promise.all(
      ['', 'status=ready', 'snapshot=true', 'name=nobody', ''].map((query) =>
        EventStreamReader.open(server.baseUrl, query),
      ),
    )
    for (const reader of readers) await reader.untilSynced()
    await registerMany(server.baseUrl, [agent])
    await readers[0]?.until({ agentId: 'a' })
    expect(await close(server)).toBeLessThan(AT_ONCE_MS)
    for (const reader of readers) {
      const closing = (await reader.until({ type: 'closing' })).at(-1)
      expect(closing).toMatchObject({ reason: expect.stringMatching(/shutting down/) })
      expect(closing?.id).toMatch(/^[\w-]+:[01]$/)
      await reader.whenEnded()
    }
    expect(readers[0]?.received.at(-1)?.revision).toBe(1)
  })

  test('does not wait for a reader that stands still', async () => {
    await using server = await StreamingServer.start()
    using reader = new PausingReader(server.baseUrl, '')
    await eventually(() => reader.last?.type).toBe('synced')
    reader.pause()
    await registerMany(server.baseUrl, largeFleet(1000))
    expect(await close(server)).toBeLessThan(BEFORE_DROPPED_MS)
  })

  test('tells so a reader that is in the middle of a snapshot, which is not complete', async () => {
    await using server = await StreamingServer.start()
    await registerMany(server.baseUrl, largeFleet(1000))
    using reader = new PausingReader(server.baseUrl, 'snapshot=true')
    await eventually(() => reader.events.length).toBeGreaterThan(0)
    reader.pause()
    await eventually(() => server.longestBacklog).toBeGreaterThan(0)
    const closed = close(server)
    reader.resume()
    expect(await closed).toBeLessThan(AT_ONCE_MS)
    await reader.ended
    expect(reader.types()).toEqual(new Set(['snapshot', 'closing']))
    expect(reader.last).toMatchObject({ type: 'closing', revision: 1000 })
    expect(reader.events.at(-1)?.id).toMatch(/:snapshot$/)
  })

  test('tells so a reader that comes in that moment, and leaves it its place', async () => {
    const answer = await requestWhileClosing(
      'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nLast-Event-ID: 0\r\n\r\n',
    )
    expect(answer.status).toBe(200)
    const events = new ServerSentEventParser().push(answer.body)
    expect(events.at(-1)).toMatchObject({ type: 'closing', id: expect.stringMatching(/:0$/) })
  })
})
