// Two processes with one agent id, as clients of a real registry.
import { AgentRegistryClient, ApiError } from '@rollcall/client'
import { describe, expect, test } from 'vitest'
import { InstanceRegistry } from './support/instance-registry.ts'

const TAKEN_OVER = { agentId: 'a', incarnation: 2 }
const SUPERSEDED = { name: 'ApiError', code: 'SUPERSEDED', status: 409, incarnation: 2 }

test('the instance is a UUID of the process by default, the same for all its agents', async () => {
  await using registry = await InstanceRegistry.start()
  const options = registry.options(null, { instanceId: undefined })
  await using a = await AgentRegistryClient.join(options)
  await using b = await AgentRegistryClient.join({ ...options, agentId: 'b' })
  expect(a.instanceId).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(b.instanceId).toBe(a.instanceId)
  expect(await registry.agent()).toMatchObject({ instanceId: a.instanceId, incarnation: 1 })
})

test('null turns instances off: two processes renew one lease, as before', async () => {
  await using registry = await InstanceRegistry.start()
  const first = await registry.join(null)
  const second = await registry.join(null)
  await first.client.heartbeat({ load: 0.5 })
  await second.client.heartbeat()
  expect(await registry.agent()).toMatchObject({ instanceId: null, incarnation: 1, load: 0.5 })
  await first.client.close()
  expect(await registry.agent()).toBeUndefined()
  await second.client.close()
})

describe('an instance that another one has replaced', () => {
  test('learns it with its next heartbeat, says so once, and sends no more', async () => {
    await using registry = await InstanceRegistry.start()
    const lines: string[] = []
    const logger = { debug: () => undefined, warn: (line: string) => lines.push(line) }
    const old = await registry.join('old', { logger })
    const current = await registry.join('new')
    await old.clock.fireNext()
    await expect.poll(() => old.events).toEqual([TAKEN_OVER])
    expect(lines).toEqual([
      'agent a: another instance (incarnation 2) has registered it; no more heartbeats from this one',
    ])
    expect(old.clock.timers).toEqual([])
    await expect(old.client.heartbeat()).rejects.toMatchObject(SUPERSEDED)
    old.client.startHeartbeatLoop()
    expect(old.clock.timers).toEqual([])
    expect(old.events).toHaveLength(1)
    expect(await registry.history()).toEqual(['registered', 'replaced'])
    await current.client.close()
  })

  test('leaves without deregistering, whether it knew or not', async () => {
    await using registry = await InstanceRegistry.start()
    const [first, second, third] = [
      await registry.join('1'),
      await registry.join('2'),
      await registry.join('3'),
    ]
    await first.clock.fireNext()
    await expect.poll(() => first.events).toHaveLength(1)
    const left: string[] = []
    first.client.on('deregistered', () => left.push('first'))
    await first.client.close()
    await second.client.close()
    expect(left).toEqual([])
    expect(second.events).toEqual([{ agentId: 'a', incarnation: 3 }])
    expect(await second.client.deregister()).toBe(false)
    expect(await registry.history()).toEqual(['registered', 'replaced', 'replaced'])
    await third.client.close()
    expect(await registry.agent()).toBeUndefined()
  })

  test('deregisters nothing without an error or a warning, even if it did not know', async () => {
    await using registry = await InstanceRegistry.start()
    const lines: string[] = []
    const logger = { debug: () => undefined, warn: (line: string) => lines.push(line) }
    const [first, second] = [await registry.join('1'), await registry.join('2', { logger })]
    const current = await registry.join('3')
    expect(await first.client.deregister()).toBe(false)
    await second.client.close()
    expect(lines).toEqual([])
    expect(await registry.agent()).toMatchObject({ instanceId: '3' })
    await current.client.close()
  })

  test('reports nothing: pending reports reject with the answer of the registry', async () => {
    await using registry = await InstanceRegistry.start()
    const old = await registry.join('old', { status: 'busy' })
    const current = await registry.join('new')
    const delivered = old.client.setStatus('draining')
    await expect(delivered).rejects.toBeInstanceOf(ApiError)
    await expect(delivered).rejects.toMatchObject(SUPERSEDED)
    expect(await registry.agent()).toMatchObject({ status: 'ready', instanceId: 'new' })
    await current.client.close()
  })

  test('rejects a report that waits for the registry to come back', async () => {
    await using registry = await InstanceRegistry.start()
    let isCut = false
    const cut = (url: string, request: object) =>
      isCut ? Promise.reject(new Error('cut')) : fetch(url, request)
    const old = await registry.join('old', { fetch: cut })
    isCut = true
    const late = new Promise((resolve) => old.client.on('late', resolve))
    const delivered = old.client.setStatus('draining')
    await late
    const current = await registry.join('new')
    isCut = false
    await old.clock.fireNext()
    await expect(delivered).rejects.toMatchObject(SUPERSEDED)
    await current.client.close()
  })

  test('stays away when the registry has forgotten the agent', async () => {
    await using registry = await InstanceRegistry.start()
    const old = await registry.join('old')
    const current = await registry.join('new')
    await old.clock.fireNext()
    await expect.poll(() => old.events).toHaveLength(1)
    await current.client.close()
    await expect(old.client.heartbeat()).rejects.toMatchObject({ code: 'AGENT_NOT_FOUND' })
    await old.client.close()
    expect(await registry.history()).toEqual(['registered', 'replaced', 'deregistered'])
  })

  test('takes over again when it registers, and its heartbeats resume', async () => {
    await using registry = await InstanceRegistry.start()
    const old = await registry.join('old', { status: 'busy', load: 0.5 })
    const current = await registry.join('new')
    await old.clock.fireNext()
    await expect.poll(() => old.events).toHaveLength(1)
    await old.client.register()
    expect(await registry.agent()).toMatchObject({ instanceId: 'old', status: 'busy', load: 0.5 })
    await current.clock.fireNext()
    await expect.poll(() => current.events).toEqual([{ agentId: 'a', incarnation: 3 }])
    await old.clock.fireNext()
    await old.clock.nextTimer()
    expect(old.events).toHaveLength(1)
    await old.client.close()
    expect(await registry.agent()).toBeUndefined()
  })

  test('is not stopped by an answer from before it took over again', async () => {
    await using registry = await InstanceRegistry.start()
    const answered = Promise.withResolvers<void>()
    const release = Promise.withResolvers<void>()
    const slow = async (url: string, request: object) => {
      const response = await fetch(url, request)
      if (!url.endsWith('/heartbeat')) return response
      answered.resolve()
      await release.promise
      return response
    }
    const old = await registry.join('old', { fetch: slow })
    await registry.join('new')
    await old.clock.fireNext()
    await answered.promise
    await old.client.register()
    release.resolve()
    await old.clock.nextTimer()
    expect(old.events).toEqual([])
    await old.client.heartbeat()
    await old.client.close()
    expect(await registry.agent()).toBeUndefined()
  })
})

test('an agent that the registry has lost registers all it last said, as the same instance', async () => {
  await using registry = await InstanceRegistry.start()
  const { client, clock } = await registry.join('one', { capabilities: ['search'] })
  await client.setStatus('busy')
  await client.heartbeat({ load: 0.7 })
  await registry.server.repository?.delete('a')
  const again = new Promise((resolve) => client.on('reregistered', resolve))
  await clock.fireNext()
  await again
  expect(await registry.agent()).toMatchObject({
    instanceId: 'one',
    status: 'busy',
    load: 0.7,
    capabilities: ['search'],
  })
  await client.close()
})
