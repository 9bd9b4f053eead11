import { AgentRegistryServer, RegistryError } from '@rollcall/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import {
  ClosedWithoutResponse,
  RawConnection,
} from '../../../../test/http/support/raw-connection.ts'
import { FailingRepository } from './support/failing-repository.ts'
import { largeFleet } from './support/large-fleet.ts'

// A list that fails midway has already sent its status. The connection must then be aborted, so that no
// reader mistakes half of a fleet for the whole.

const repository = new FailingRepository()
const server = new AgentRegistryServer('memory:', { repository })
const request = 'GET /agents HTTP/1.1\r\nHost: x\r\n\r\n'
let baseUrl = ''

beforeAll(async () => {
  baseUrl = await server.listen({ port: 0 })
  await registerMany(baseUrl, largeFleet(900))
  repository.failure = new RegistryError('STORAGE_UNAVAILABLE', 'the disk is unavailable')
})
afterAll(async () => {
  await server.close()
  await repository.close()
})

/** Returns the number of pages of the whole fleet. */
async function pageCount(): Promise<number> {
  const { failure } = repository
  repository.failure = undefined
  let pages = 0
  for await (const _ of repository.listAll()) pages++
  repository.failure = failure
  return pages
}

test('a list that fails before anything was sent is a plain 503', async () => {
  repository.pagesBeforeFailure = 1
  await using connection = await RawConnection.open(baseUrl)
  connection.send(request)
  const response = await connection.answer()
  expectProblem(response, 'STORAGE_UNAVAILABLE')
  expect(response.headers.get('retry-after')).toBe('1')
  expect(response.headers.get('etag') ?? null, 'an error has no ETag of the list').toBeNull()
})

test('a list that fails midway is aborted, not ended', async () => {
  repository.pagesBeforeFailure = (await pageCount()) - 1
  await using connection = await RawConnection.open(baseUrl)
  connection.send(request)
  await expect(connection.answer({ timeoutMs: 10_000 })).rejects.toThrow(ClosedWithoutResponse)
  expect((await fetch(`${baseUrl}/health/live`)).status).toBe(200)
})
