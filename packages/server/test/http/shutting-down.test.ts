import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { text } from 'node:stream/consumers'
import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { requestWhileClosing } from './support/request-while-closing.ts'

const REGISTRATION = JSON.stringify({ agent_id: 'a', agent_name: 'A', host: 'h', port: 1 })
const register =
  'POST /agents/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
  `Content-Length: ${REGISTRATION.length}\r\n\r\n${REGISTRATION}`

describe('while the registry is closing', () => {
  test('it is no longer ready', async () => {
    const response = await requestWhileClosing('GET /health/ready HTTP/1.1\r\nHost: x\r\n\r\n')
    expectProblem(response, 'SHUTTING_DOWN')
    expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect(response.headers.get('connection')).toBe('close')
  })

  test.each([
    ['registration', register, 200],
    ['heartbeat', 'POST /agents/a/heartbeat HTTP/1.1\r\nHost: x\r\n\r\n', 404],
    ['list', 'GET /agents HTTP/1.1\r\nHost: x\r\n\r\n', 200],
  ])('a %s in flight is completed', async (_name, request, status) => {
    const response = await requestWhileClosing(request)
    expect(response.status).toBe(status)
    expect(response.headers.get('connection')).toBe('close')
  })
})

test('a client that never finishes its request does not keep the registry from closing', async () => {
  const server = new AgentRegistryServer('memory:')
  await using connection = await RawConnection.open(await server.listen({ port: 0 }))
  connection.send(register.slice(0, 20))
  await new Promise((resolve) => setTimeout(resolve, 100))
  const began = performance.now()
  await server.close()
  expect(performance.now() - began).toBeLessThan(5000)
  await connection.whenClosed()
})

/** A store whose registrations wait until they are let go. */
class WaitingRepository extends MemoryAgentRegistryRepository {
  readonly begun = Promise.withResolvers<void>()
  readonly released = Promise.withResolvers<void>()

  override async add(...parameters: Parameters<MemoryAgentRegistryRepository['add']>) {
    this.begun.resolve()
    await this.released.promise
    return await super.add(...parameters)
  }
}

test('a connection that becomes idle while the app closes is closed, although its client would keep it', async () => {
  const repository = new WaitingRepository()
  const server = new AgentRegistryServer('memory:', { repository })
  const baseUrl = await server.listen({ port: 0 })
  const outgoing = request(`${baseUrl}/agents/register`, {
    method: 'POST',
    agent: new Agent({ keepAlive: true }),
    headers: { 'content-type': 'application/json' },
  })
  const answered = once(outgoing, 'response') as Promise<[IncomingMessage]>
  outgoing.end(REGISTRATION)
  await repository.begun.promise
  // Unlike the server's, it has no deadline at which all connections are closed.
  const closed = server.createApp().close()
  await new Promise((resolve) => setTimeout(resolve, 50))
  repository.released.resolve()
  const [response] = await answered
  expect(response.statusCode).toBe(200)
  await text(response)
  await closed
})
