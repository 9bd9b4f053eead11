import { RegistryError } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { EventStreamReader } from '../../../../test/http/support/event-stream-reader.ts'
import { FailingRepository } from './support/failing-repository.ts'
import { largeFleet } from './support/large-fleet.ts'
import { StreamingServer } from './support/streaming-server.ts'

const TROUBLE = new RegistryError('STORAGE_UNAVAILABLE', 'the disk is full')
const SECRET = 'password=hunter2'

/** A server with a fleet, on a store that can be made to fail. */
async function start(): Promise<{ server: StreamingServer; repository: FailingRepository }> {
  const repository = new FailingRepository()
  const server = await StreamingServer.start(repository)
  await registerMany(server.baseUrl, largeFleet(200))
  return { server, repository }
}

/** What a stream says that begins while the store fails behind so many pages of a list. */
async function streamWhileFailing(
  { server, repository }: { server: StreamingServer; repository: FailingRepository },
  told: { failure: Error; query: string; pages: number },
) {
  repository.pagesBeforeFailure = told.pages
  repository.failure = told.failure
  await using reader = await EventStreamReader.open(server.baseUrl, told.query)
  await reader.whenEnded()
  repository.failure = undefined
  return reader.received
}

describe('a store that fails', () => {
  test('before a stream begins is told as for any other call', async () => {
    const { server, repository } = await start()
    await using _ = server
    repository.failure = TROUBLE
    const headers = { accept: 'text/event-stream' }
    const answer = await fetch(`${server.baseUrl}/events`, { headers })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('content-type')).toMatch(/problem\+json/)
    expect(answer.headers.get('retry-after')).toBe('1')
  })

  test.each([
    ['while a stream catches up', 'since=5', /:5$/],
    ['in the middle of a snapshot', 'snapshot=true', /:snapshot$/],
  ])('%s ends it with a reason, and with an id to come back with', async (_when, query, id) => {
    const broken = await start()
    await using server = broken.server
    const received = await streamWhileFailing(broken, { failure: TROUBLE, query, pages: 1 })
    expect(received.map(({ type }) => type)).not.toContain('synced')
    const closing = received.at(-1)
    expect(closing).toMatchObject({
      type: 'closing',
      reason: expect.stringMatching(/disk is full/),
    })
    expect(closing?.id).toMatch(id)
    expect(await server.drops('failed')).toBe(1)
    expect(await server.readers()).toBe(0)
    const back = { 'last-event-id': String(closing?.id) }
    await using again = await EventStreamReader.open(server.baseUrl, query, back)
    await again.untilSynced()
    expect(again.held.size).toBe(query === 'since=5' ? 195 : 200)
  })

  test('with an error that nobody foresaw keeps its story to itself', async () => {
    const broken = await start()
    await using _ = broken.server
    for (const query of ['since=5', 'snapshot=true']) {
      const failure = new Error(SECRET)
      const received = await streamWhileFailing(broken, { failure, query, pages: 1 })
      expect(received.at(-1)).toMatchObject({ type: 'closing', reason: expect.stringMatching(/./) })
      expect(JSON.stringify(received.at(-1))).not.toContain(SECRET)
    }
  })

  test('for a moment is not noticed by those who have caught up', async () => {
    const { server, repository } = await start()
    await using _ = server
    await using reader = await EventStreamReader.open(server.baseUrl)
    await reader.untilSynced()
    repository.failure = TROUBLE
    expect((await fetch(`${server.baseUrl}/agents`)).status).toBe(503)
    repository.failure = undefined
    await registerMany(
      server.baseUrl,
      largeFleet(1).map((agent) => ({ ...agent, version: '2' })),
    )
    expect(await reader.next()).toMatchObject({ type: 'updated', agent_id: 'agent-0' })
  })
})
