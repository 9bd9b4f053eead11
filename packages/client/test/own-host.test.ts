// The default host of an agent: the local address of the route to the registry.
import { createSocket } from 'node:dgram'
import { hostname, networkInterfaces } from 'node:os'
import { expect, test, vi } from 'vitest'
import { AgentRegistryClient } from '../src/index.ts'
import { ownHost } from '../src/options/own-host.ts'
import { FakeRegistry, joinOptions } from './support/fake-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'

const addresses = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .map(({ address }) => address)

test.each([
  ['http://127.0.0.1:9000', '127.0.0.1'],
  ['http://localhost:9000/registry', '127.0.0.1'],
  ['http://me:secret@127.0.0.2:9000,http://10.0.0.1', '127.0.0.1'],
])('for %s it is %s', async (registryUrl, host) => {
  expect(await ownHost(registryUrl)).toBe(host)
})

test('for an IPv6 address it is IPv6 as well, if the machine has such an address', async () => {
  const host = await ownHost('http://[::1]:9000')
  expect(host).toBe(addresses.includes('::1') ? '::1' : hostname())
})

test('for another network it is an address of this machine, or its host name without a route', async () => {
  // Reserved for documentation: nothing is sent there.
  const host = await ownHost('http://192.0.2.1:9000')
  expect([...addresses, hostname()]).toContain(host)
  expect(host).not.toBe('127.0.0.1')
})

test('for an unknown registry name it is the host name of this machine', async () => {
  expect(await ownHost('http://registry.invalid:9000')).toBe(hostname())
})

test('is determined at each registration', async () => {
  vi.stubEnv('AGENT_HOST', undefined)
  vi.stubEnv('POD_IP', undefined)
  await using registry = await FakeRegistry.start()
  const { host: _host, ...options } = joinOptions(registry, new ManualClientClock())
  await using _agent = await AgentRegistryClient.join(options)
  vi.unstubAllEnvs()
  expect(registry.server.requests[0]?.body).toMatchObject({ host: '127.0.0.1' })
})

test.each([
  ['127.0.0.1', 'http://registry.example', true],
  ['localhost', 'http://10.0.0.1:9000', true],
  ['::1', 'http://10.0.0.1:9000', true],
  ['10.0.0.7', 'http://registry.example', false],
  ['localhost', 'http://127.0.0.1:9000', false],
  ['localhost', 'http://[::1]:9000', false],
])(
  'host %s with a registry at %s that reports no warnings causes a warning: %s',
  async (host, registryUrl, isWarned) => {
    const agent = await AgentRegistryClient.join({
      ...{ agentId: 'a', agentName: 'A', host, registryUrl, logger: null, heartbeatFrom: 'none' },
      fetch: async () => Response.json({ agent_id: 'a' }),
    })
    expect(agent.warnings.map(({ code }) => code)).toEqual(isWarned ? ['LOCAL_ADDRESS'] : [])
  },
)

test('nothing is sent to determine it', async () => {
  const socket = createSocket('udp4')
  let received = 0
  socket.on('message', () => received++)
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  await ownHost(`http://127.0.0.1:${socket.address().port}`)
  await new Promise((resolve) => setTimeout(resolve, 50))
  socket.close()
  expect(received).toBe(0)
})
