// An application that embeds the server may guard it: its hooks run for every request.
import { AgentRegistryServer } from '@rollcall/server'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { expect, test } from 'vitest'

const REQUESTS = [
  ['POST', '/agents/a/heartbeat'],
  ['POST', '/agents/heartbeats'],
  ['POST', '/agents/register'],
  ['GET', '/agents'],
  ['GET', '/agents/a'],
  ['GET', '/events'],
  ['DELETE', '/agents/a'],
  ['GET', '/health'],
  ['GET', '/metrics'],
  ['GET', '/docs'],
  ['GET', '/nothing'],
] as const

async function requireKey(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.headers['x-key'] !== 'secret') await reply.code(401).send({ detail: 'no key' })
}

/** Returns the response statuses of a server whose app was modified before it started. */
async function statuses(
  change: (app: FastifyInstance) => void,
  headers: Record<string, string> = {},
): Promise<number[]> {
  await using server = new AgentRegistryServer('memory:')
  change(server.createApp())
  const url = await server.listen({ port: 0 })
  const register = await fetch(`${url}/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-key': 'secret' },
    body: JSON.stringify({ agent_id: 'a', agent_name: 'A', host: 'h', port: 1 }),
  })
  expect(register.status).toBe(200)
  const found: number[] = []
  for (const [method, path] of REQUESTS) {
    const response = await fetch(url + path, { method, headers })
    await response.arrayBuffer()
    found.push(response.status)
  }
  return found
}

test.each([
  ['a hook', (app: FastifyInstance) => void app.addHook('onRequest', requireKey)],
  [
    'a plugin that shares the scope of the app',
    (app: FastifyInstance) =>
      void app.register(
        Object.assign(
          async (scope: FastifyInstance) => void scope.addHook('preHandler', requireKey),
          { [Symbol.for('skip-override')]: true },
        ),
      ),
  ],
])('%s runs for every request, including heartbeats', async (_what, change) => {
  // Bodies are rejected before `preHandler`, but nothing succeeds.
  for (const status of await statuses(change)) expect([401, 404, 422]).toContain(status)
  const [heartbeat] = await statuses(change)
  expect(heartbeat).toBe(401)
  const [withKey] = await statuses(change, { 'x-key': 'secret' })
  expect(withKey).toBe(200)
})

test('a hook that adds a header adds it to heartbeats', async () => {
  await using server = new AgentRegistryServer('memory:')
  server.createApp().addHook('onSend', async (_request, reply) => void reply.header('x-mine', '1'))
  const url = await server.listen({ port: 0 })
  const post = (path: string, body?: string) =>
    fetch(url + path, {
      method: 'POST',
      ...(body && { body, headers: { 'content-type': 'application/json' } }),
    })
  await post('/agents/register', '{"agent_id":"a","agent_name":"A","host":"h","port":1}')
  const beat = await post('/agents/a/heartbeat')
  expect([beat.status, beat.headers.get('x-mine')]).toEqual([200, '1'])
})
