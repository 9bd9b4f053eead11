// How a client handles failures of the registry, and the events it emits.
import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { recordEvents } from './support/event-log.ts'
import { FakeRegistry, HEARTBEAT, joinOptions, REGISTER } from './support/fake-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'

describe('an agent that the registry no longer knows', () => {
  test('is registered again with all properties, including its last status and load', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
    const log = recordEvents(client)
    await client.heartbeat({ status: 'ready', load: 0.5 })
    await client.setStatus('draining')
    registry.knowsAgent = false
    await clock.fireNext()
    await clock.nextTimer()
    expect(registry.calls.slice(3)).toEqual([HEARTBEAT, REGISTER])
    const [first] = registry.server.requests
    expect(registry.server.requests.at(-1)?.body).toEqual({
      ...(first?.body as object),
      status: 'draining',
      load: 0.5,
    })
    expect(log).toEqual(['lost', 'reregistered'])
  })

  test('delivers a report that failed while the registry was unreachable', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
    registry.faults.push('reset')
    registry.knowsAgent = false
    const delivered = client.setStatus('draining')
    await registry.server.received(2)
    await clock.fireNext()
    await delivered
    expect(registry.server.requests.at(-1)?.body).toMatchObject({ status: 'draining', load: 0.25 })
  })
})

test('emits an error for each failure and a recovery after an outage', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
  const log = recordEvents(client)
  const recoveries: { failures: number; awayMs: number }[] = []
  client.on('recovered', (recovery) => recoveries.push(recovery))
  registry.faults.push('reset', 500)
  await clock.fireNext()
  await clock.fireNext()
  await clock.fireNext()
  await clock.nextTimer()
  expect(log).toEqual(['error', 'error', 'recovered'])
  expect(recoveries).toEqual([{ failures: 2, awayMs: 475 }])
})

test('an exception in a listener affects neither other listeners nor heartbeats', async () => {
  const clock = new ManualClientClock()
  const warnings: string[] = []
  await using registry = await FakeRegistry.start()
  await using client = await AgentRegistryClient.join({
    ...joinOptions(registry, clock),
    logger: { debug: () => undefined, warn: (message) => warnings.push(message) },
  })
  client.on('error', () => {
    throw new Error('a listener failed')
  })
  const log = recordEvents(client)
  registry.faults.push('reset')
  await clock.fireNext()
  await clock.fireNext()
  await clock.nextTimer()
  expect(log).toEqual(['error', 'recovered'])
  expect(warnings.join()).toContain('a listener failed')
})

test('a removed listener is not called', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
  let calls = 0
  const unsubscribe = client.on('registered', () => calls++)
  await client.register()
  unsubscribe()
  await client.register()
  expect(calls).toBe(1)
})

test('each warning of the registry is emitted once across registrations', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  const local = (field: string) => ({
    code: 'LOCAL_ADDRESS' as const,
    pointer: `/${field}`,
    message: `${field} is a loopback address`,
  })
  registry.warnings = [local('host')]
  const logged: string[] = []
  const logger = { debug: () => undefined, warn: (line: string) => logged.push(line) }
  const client = new AgentRegistryClient({ ...joinOptions(registry, clock), logger })
  const pointers: string[] = []
  client.on('warning', ({ pointer }) => pointers.push(pointer))
  await client.register()
  await client.register()
  expect(pointers).toEqual(['/host'])
  expect(logged).toEqual(['agent a:1: host is a loopback address'])
  registry.warnings = [local('host'), local('url')]
  await client.registerAgain()
  expect(pointers).toEqual(['/host', '/url'])
  expect(client.warnings).toEqual(registry.warnings)
  registry.warnings = undefined
  await client.register()
  expect(client.warnings).toEqual([])
  await client.close()
})
