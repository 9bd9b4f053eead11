import { describe, expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { ServerSentEventParser } from '../../../../test/http/support/server-sent-events.ts'
import { largeFleet } from './support/large-fleet.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { requestWhileClosing } from './support/request-while-closing.ts'
import { StreamingServer } from './support/streaming-server.ts'

/** Closes a server. Returns the milliseconds that it took. */
async function close(server: StreamingServer): Promise<number> {
  const began = performance.now()
  await server.server.close()
  return performance.now() - began
}

/** Tolerates a busy machine, but is below the five seconds that closing may take. */
const PROMPT_MS = 4500
/** Below the ten seconds after which a stalled reader is dropped. */
const BEFORE_DROPPED_MS = 9000

const agent = { agent_id: 'a', agent_name: 'A', host: 'h', port: 1 }

describe('a registry that is closing', () => {
  test('notifies its readers immediately, with the id from which to resume', async () => {
    await using server = await StreamingServer.start()
    const readers = await Promise.all(
      ['', 'status=ready', 'snapshot=true', 'name=unknown', ''].map((query) =>
        EventStreamReader.open(server.baseUrl, query),
      ),
    )
    for (const reader of readers) await reader.untilSynced()
    await registerMany(server.baseUrl, [agent])
    await readers[0]?.until({ agentId: 'a' })
    expect(await close(server)).toBeLessThan(PROMPT_MS)
    for (const reader of readers) {
      const closing = (await reader.until({ type: 'closing' })).at(-1)
      expect(closing).toMatchObject({ reason: expect.stringMatching(/shutting down/) })
      expect(closing?.id).toMatch(/^[\w-]+:[01]$/)
      await reader.whenEnded()
    }
    expect(readers[0]?.received.at(-1)?.revision).toBe(1)
  })

  test('does not wait for a stalled reader', async () => {
    await using server = await StreamingServer.start()
    using reader = new PausingReader(server.baseUrl, '')
    await eventually(() => reader.last?.type).toBe('synced')
    reader.pause()
    await registerMany(server.baseUrl, largeFleet(1000))
    expect(await close(server)).toBeLessThan(BEFORE_DROPPED_MS)
  })

  test('notifies a reader in the middle of an incomplete snapshot', async () => {
    await using server = await StreamingServer.start()
    await registerMany(server.baseUrl, largeFleet(1000))
    using reader = new PausingReader(server.baseUrl, 'snapshot=true')
    await eventually(() => reader.events.length).toBeGreaterThan(0)
    reader.pause()
    await eventually(() => server.longestBacklog).toBeGreaterThan(0)
    const closed = close(server)
    reader.resume()
    expect(await closed).toBeLessThan(PROMPT_MS)
    await reader.ended
    expect(reader.types()).toEqual(new Set(['snapshot', 'closing']))
    expect(reader.last).toMatchObject({ type: 'closing', revision: 1000 })
    expect(reader.events.at(-1)?.id).toMatch(/:snapshot$/)
  })

  test('notifies a reader that connects at that moment, and keeps its position', async () => {
    const response = await requestWhileClosing(
      'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nLast-Event-ID: 0\r\n\r\n',
    )
    expect(response.status).toBe(200)
    const events = new ServerSentEventParser().push(response.body)
    expect(events.at(-1)).toMatchObject({ type: 'closing', id: expect.stringMatching(/:0$/) })
  })
})
