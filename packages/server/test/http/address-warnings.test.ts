import type { RegisteredAgent } from '@rollcall/protocol'
import { AgentRegistryServer } from '@rollcall/server'
import { expect, test } from 'vitest'
import { addressWarnings } from '../../src/http/agents/address-warnings.ts'

/** Returns the response to a registration from an address. */
async function registered(
  remoteAddress: string | undefined,
  fields: Record<string, unknown>,
): Promise<RegisteredAgent> {
  await using server = new AgentRegistryServer('memory:')
  const response = await server.createApp().inject({
    method: 'POST',
    url: '/agents/register',
    ...(remoteAddress !== undefined && { remoteAddress }),
    payload: { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000, ...fields },
  })
  expect(response.statusCode, response.body).toBe(200)
  return response.json()
}

test.each([
  [{ host: '127.0.0.1' }, '/host'],
  [{ host: '0.0.0.0' }, '/host'],
  [{ host: '::1' }, '/host'],
  [{ host: '::' }, '/host'],
  [{ host: 'localhost' }, '/host'],
  [{ url: 'http://localhost:8000/a2a' }, '/url'],
  [{ host: '127.0.0.1', url: 'http://[::1]:8000' }, '/host', '/url'],
  [{ host: '127.0.0.1', url: 'http://10.0.0.7:8000' }, '/host'],
])('an agent on another machine is warned about %j', async (fields, ...pointers) => {
  for (const remoteAddress of ['10.0.0.9', '::ffff:10.0.0.9']) {
    const { warnings } = await registered(remoteAddress, fields)
    expect(warnings?.map(({ pointer }) => pointer)).toEqual(pointers)
    for (const { code, message } of warnings ?? []) {
      expect(code).toBe('LOCAL_ADDRESS')
      expect(message).toContain(' from 10.0.0.9;')
    }
  }
})

test.each(['127.0.0.1', '127.0.0.9', '::1', '::ffff:127.0.0.1'])(
  'an agent that connects from %s is not warned',
  async (remoteAddress) => {
    expect(await registered(remoteAddress, { host: 'localhost' })).not.toHaveProperty('warnings')
  },
)

test('an agent that other machines can reach is not warned', async () => {
  expect(await registered('10.0.0.9', {})).not.toHaveProperty('warnings')
})

test('an agent that connects from the address of the registry is on the same machine', () => {
  const agent = { host: 'localhost', port: 8000, url: 'http://localhost:8000' }
  const here = { remoteAddress: '10.0.0.5', localAddress: '10.0.0.5' }
  expect(addressWarnings(agent, here)).toEqual([])
  expect(addressWarnings(agent, { ...here, localAddress: '10.0.0.6' })).toHaveLength(1)
})

test('a response with a warning can be posted back', async () => {
  await using server = new AgentRegistryServer('memory:')
  const post = (payload: object) =>
    server.createApp().inject({
      method: 'POST',
      url: '/agents/register',
      remoteAddress: '10.0.0.9',
      payload,
    })
  const first = await post({ agent_id: 'a', agent_name: 'A', host: 'localhost', port: 8000 })
  const again = await post(first.json())
  expect(again.statusCode, again.body).toBe(200)
  // The response to each registration contains it; the client logs it once.
  expect(again.json().warnings).toEqual(first.json().warnings)
})
