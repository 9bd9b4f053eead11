import { RegistryError } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { FailingRepository } from './support/failing-repository.ts'
import { largeFleet } from './support/large-fleet.ts'
import { StreamingServer } from './support/streaming-server.ts'

const FAILURE = new RegistryError('STORAGE_UNAVAILABLE', 'the disk is full')
const SECRET = 'password=hunter2'

/** Starts a server with a fleet, on a store that can be made to fail. */
async function start(): Promise<{ server: StreamingServer; repository: FailingRepository }> {
  const repository = new FailingRepository()
  const server = await StreamingServer.start(repository)
  await registerMany(server.baseUrl, largeFleet(200))
  return { server, repository }
}

/** Returns the events of a stream that starts while the store fails after a number of list pages. */
async function streamWhileFailing(
  { server, repository }: { server: StreamingServer; repository: FailingRepository },
  options: { failure: Error; query: string; pages: number },
) {
  repository.pagesBeforeFailure = options.pages
  repository.failure = options.failure
  await using reader = await EventStreamReader.open(server.baseUrl, options.query)
  await reader.whenEnded()
  repository.failure = undefined
  return reader.received
}

describe('a store that fails', () => {
  test('before a stream starts results in an ordinary error response', async () => {
    const { server, repository } = await start()
    await using _ = server
    repository.failure = FAILURE
    const headers = { accept: 'text/event-stream' }
    const response = await fetch(`${server.baseUrl}/events`, { headers })
    expect(response.status).toBe(503)
    expect(response.headers.get('content-type')).toMatch(/problem\+json/)
    expect(response.headers.get('retry-after')).toBe('1')
  })

  test.each([
    ['while a stream catches up', 'since=5', /:5$/],
    ['in the middle of a snapshot', 'snapshot=true', /:snapshot$/],
  ])('%s ends it with a reason, and with an id from which to resume', async (_when, query, id) => {
    const broken = await start()
    await using server = broken.server
    const received = await streamWhileFailing(broken, { failure: FAILURE, query, pages: 1 })
    expect(received.map(({ type }) => type)).not.toContain('synced')
    const closing = received.at(-1)
    expect(closing).toMatchObject({
      type: 'closing',
      reason: expect.stringMatching(/disk is full/),
    })
    expect(closing?.id).toMatch(id)
    expect(await server.drops('failed')).toBe(1)
    expect(await server.readers()).toBe(0)
    const headers = { 'last-event-id': String(closing?.id) }
    await using resumed = await EventStreamReader.open(server.baseUrl, query, headers)
    await resumed.untilSynced()
    expect(resumed.held.size).toBe(query === 'since=5' ? 195 : 200)
  })

  test('with an unexpected error does not disclose its message', async () => {
    const broken = await start()
    await using _ = broken.server
    for (const query of ['since=5', 'snapshot=true']) {
      const failure = new Error(SECRET)
      const received = await streamWhileFailing(broken, { failure, query, pages: 1 })
      expect(received.at(-1)).toMatchObject({ type: 'closing', reason: expect.stringMatching(/./) })
      expect(JSON.stringify(received.at(-1))).not.toContain(SECRET)
    }
  })

  test('temporarily does not affect readers that have caught up', async () => {
    const { server, repository } = await start()
    await using _ = server
    await using reader = await EventStreamReader.open(server.baseUrl)
    await reader.untilSynced()
    repository.failure = FAILURE
    expect((await fetch(`${server.baseUrl}/agents`)).status).toBe(503)
    repository.failure = undefined
    await registerMany(
      server.baseUrl,
      largeFleet(1).map((agent) => ({ ...agent, version: '2' })),
    )
    expect(await reader.next()).toMatchObject({ type: 'updated', agent_id: 'agent-0' })
  })
})
