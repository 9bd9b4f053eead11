// The life of a client: it joins, sends heartbeats, and says goodbye.
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { isApiError } from '../src/errors/api-error.ts'
import { isNetworkError } from '../src/errors/network-error.ts'
import { storyOf } from './support/client-story.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import {
  GOODBYE,
  HEARTBEAT,
  joinOptions,
  REGISTER,
  SmallRegistry,
} from './support/small-registry.ts'

describe('joining', () => {
  test('registers everything the agent is, and beats a third of the TTL later', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
    expect(registry.asked).toEqual([REGISTER])
    expect(registry.server.requests[0]?.body).toEqual({
      agent_id: 'a:1',
      agent_name: 'A',
      host: '10.0.0.7',
      port: 8001,
      ttl_seconds: 60,
      metadata: { region: 'eu-1' },
      capabilities: ['search', 'plan'],
      version: '1.2',
      url: 'https://a.example/x',
      status: 'busy',
      load: 0.25,
    })
    expect(await clock.ring()).toBe(20_000)
    await registry.server.received(2)
    expect(registry.asked).toEqual([REGISTER, HEARTBEAT])
    expect(client.ttlSeconds).toBe(60)
  })

  test('tries on while the registry cannot be reached', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    registry.faults.push('reset', 503, 500)
    const joining = AgentRegistryClient.join(joinOptions(registry, clock))
    expect(await clock.ring()).toBe(175)
    expect(await clock.ring()).toBe(300)
    expect(await clock.ring()).toBe(550)
    await using client = await joining
    expect(client.agentId).toBe('a:1')
    expect(registry.asked).toEqual(Array.from({ length: 4 }, () => REGISTER))
  })

  test('gives up when its time is over, with the last error', async () => {
    const clock = new ManualClientClock()
    clock.chance = 1
    await using registry = await SmallRegistry.start()
    registry.faults.push('reset', 'reset', 'reset')
    const joining = AgentRegistryClient.join({
      ...joinOptions(registry, clock),
      joinTimeoutMs: 700,
    })
    const failure = expect(joining).rejects.toSatisfy(isNetworkError)
    expect(await clock.ring()).toBe(250)
    await failure
    expect(registry.asked).toHaveLength(2)
  })

  test('does not try again what the registry refuses', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    registry.faults.push(422)
    await expect(AgentRegistryClient.join(joinOptions(registry, clock))).rejects.toSatisfy(
      (error) => isApiError(error, 'BROKEN'),
    )
    expect(registry.asked).toEqual([REGISTER])
  })

  test('ends at once with the reason of the signal, also between two attempts', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    registry.faults.push(503)
    const controller = new AbortController()
    const joining = AgentRegistryClient.join({
      ...joinOptions(registry, clock),
      signal: controller.signal,
    })
    const reason = new Error('enough')
    const failure = expect(joining).rejects.toBe(reason)
    await clock.timer()
    controller.abort(reason)
    // The clock stands still: whoever waits for the pause to end waits for ever.
    await failure
  })
})

describe('closing', () => {
  test('deregisters, once', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    const story = storyOf(client)
    await Promise.all([client.close(), client.close()])
    await client[Symbol.asyncDispose]()
    expect(registry.asked).toEqual([REGISTER, GOODBYE])
    expect(story).toEqual(['closed'])
    expect(clock.timers).toEqual([])
  })

  test('takes no longer than 2 s when the registry says nothing, and does not fail', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    registry.faults.push('never')
    const began = performance.now()
    await client.close()
    expect(performance.now() - began).toBeLessThan(2500)
  })

  test('gives up a heartbeat that is under way, and tells no error', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    const story = storyOf(client)
    registry.faults.push('never')
    await clock.ring()
    await registry.server.received(2)
    await client.close()
    expect(registry.asked).toEqual([REGISTER, HEARTBEAT, GOODBYE])
    expect(story).toEqual(['closed'])
  })

  test('leaves nothing behind at a signal that lives on', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const { signal } = new AbortController()
    const client = await AgentRegistryClient.join({ ...joinOptions(registry, clock), signal })
    await client.setStatus('busy')
    await client.close()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('is what the signal does', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const controller = new AbortController()
    const client = await AgentRegistryClient.join({
      ...joinOptions(registry, clock),
      signal: controller.signal,
    })
    controller.abort()
    await client.close()
    expect(registry.asked).toEqual([REGISTER, GOODBYE])
    expect(clock.timers).toEqual([])
  })

  test('an agent that the registry does not know is fine', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    registry.knowsAgent = false
    expect(await client.deregister()).toBe(false)
    await client.close()
  })
})

test('starting the heartbeats twice sends them once, and not at all after closing', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  const client = await AgentRegistryClient.join(joinOptions(registry, clock))
  client.startHeartbeatLoop()
  expect(clock.timers).toHaveLength(1)
  await client.close()
  client.startHeartbeatLoop()
  expect(clock.timers).toEqual([])
})
