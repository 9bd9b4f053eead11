// What a client makes of trouble with its registry, and what it tells its listeners of that.
import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { storyOf } from './support/client-story.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { HEARTBEAT, joinOptions, REGISTER, SmallRegistry } from './support/small-registry.ts'

describe('an agent that the registry has forgotten', () => {
  test('is registered again with everything, its last status and load too', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
    const story = storyOf(client)
    await client.heartbeat({ status: 'ready', load: 0.5 })
    await client.setStatus('draining')
    registry.knowsAgent = false
    await clock.ring()
    await clock.timer()
    expect(registry.asked.slice(3)).toEqual([HEARTBEAT, REGISTER])
    const [first] = registry.server.requests
    expect(registry.server.requests.at(-1)?.body).toEqual({
      ...(first?.body as object),
      status: 'draining',
      load: 0.5,
    })
    expect(story).toEqual(['lost', 'reregistered'])
  })

  test('says what it could not say before, because the registry was away', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
    registry.faults.push('reset')
    registry.knowsAgent = false
    const delivered = client.setStatus('draining')
    await registry.server.received(2)
    await clock.ring()
    await delivered
    expect(registry.server.requests.at(-1)?.body).toMatchObject({ status: 'draining', load: 0.25 })
  })
})

test('trouble is told once it begins and once it is over', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
  const story = storyOf(client)
  const recoveries: { failures: number; awayMs: number }[] = []
  client.on('recovered', (recovery) => recoveries.push(recovery))
  registry.faults.push('reset', 500)
  await clock.ring()
  await clock.ring()
  await clock.ring()
  await clock.timer()
  expect(story).toEqual(['error', 'error', 'recovered'])
  expect(recoveries).toEqual([{ failures: 2, awayMs: 475 }])
})

test('a listener that throws harms neither the others nor the heartbeats', async () => {
  const clock = new ManualClientClock()
  const warnings: string[] = []
  await using registry = await SmallRegistry.start()
  await using client = await AgentRegistryClient.join({
    ...joinOptions(registry, clock),
    logger: { debug: () => undefined, warn: (message) => warnings.push(message) },
  })
  client.on('error', () => {
    throw new Error('a listener failed')
  })
  const story = storyOf(client)
  registry.faults.push('reset')
  await clock.ring()
  await clock.ring()
  await clock.timer()
  expect(story).toEqual(['error', 'recovered'])
  expect(warnings.join()).toContain('a listener failed')
})

test('a listener hears no more once it has been taken back', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
  let heard = 0
  const end = client.on('registered', () => heard++)
  await client.register()
  end()
  await client.register()
  expect(heard).toBe(1)
})

test('a warning of the registry is reported once, however often the agent registers', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  const local = (field: string) => ({
    code: 'LOCAL_ADDRESS' as const,
    pointer: `/${field}`,
    message: `${field} is every machine by itself`,
  })
  registry.warnings = [local('host')]
  const logged: string[] = []
  const logger = { debug: () => undefined, warn: (line: string) => logged.push(line) }
  const client = new AgentRegistryClient({ ...joinOptions(registry, clock), logger })
  const told: string[] = []
  client.on('warning', ({ pointer }) => told.push(pointer))
  await client.register()
  await client.register()
  expect(told).toEqual(['/host'])
  expect(logged).toEqual(['agent a:1: host is every machine by itself'])
  registry.warnings = [local('host'), local('url')]
  await client.registerAgain()
  expect(told).toEqual(['/host', '/url'])
  expect(client.warnings).toEqual(registry.warnings)
  registry.warnings = undefined
  await client.register()
  expect(client.warnings).toEqual([])
  await client.close()
})
