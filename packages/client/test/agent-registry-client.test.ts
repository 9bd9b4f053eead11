// The life cycle of a client: join, heartbeats, close.
import { getEventListeners } from 'node:events'
import { mapDetails, wireDetailsOf } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { isApiError } from '../src/errors/api-error.ts'
import { isNetworkError } from '../src/errors/network-error.ts'
import { recordEvents } from './support/event-log.ts'
import {
  DEREGISTER,
  FakeRegistry,
  HEARTBEAT,
  joinOptions,
  REGISTER,
} from './support/fake-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'

describe('joining', () => {
  test('registers all properties, and sends a heartbeat after a third of the TTL', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await AgentRegistryClient.join(joinOptions(registry, clock))
    expect(registry.calls).toEqual([REGISTER])
    expect(registry.server.requests[0]?.body).toEqual({
      agent_id: 'a:1',
      instance_id: 'run-1',
      agent_name: 'A',
      host: '10.0.0.7',
      port: 8001,
      ttl_seconds: 60,
      metadata: { region: 'eu-1' },
      capabilities: ['search', 'plan'],
      version: '1.2',
      ...wireDetailsOf(mapDetails(() => 'a2a')),
      url: 'https://a.example/x',
      status: 'busy',
      load: 0.25,
    })
    expect(await clock.fireNext()).toBe(20_000)
    await registry.server.received(2)
    expect(registry.calls).toEqual([REGISTER, HEARTBEAT])
    expect(client.ttlSeconds).toBe(60)
  })

  test('retries while the registry is unreachable', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    registry.faults.push('reset', 503, 500)
    const joining = AgentRegistryClient.join(joinOptions(registry, clock))
    expect(await clock.fireNext()).toBe(175)
    expect(await clock.fireNext()).toBe(300)
    expect(await clock.fireNext()).toBe(550)
    await using client = await joining
    expect(client.agentId).toBe('a:1')
    expect(registry.calls).toEqual(Array.from({ length: 4 }, () => REGISTER))
  })

  test('gives up after the timeout, with the last error', async () => {
    const clock = new ManualClientClock()
    clock.randomValue = 1
    await using registry = await FakeRegistry.start()
    registry.faults.push('reset', 'reset', 'reset')
    const joining = AgentRegistryClient.join({
      ...joinOptions(registry, clock),
      joinTimeoutMs: 700,
    })
    const failure = expect(joining).rejects.toSatisfy(isNetworkError)
    expect(await clock.fireNext()).toBe(250)
    await failure
    expect(registry.calls).toHaveLength(2)
  })

  test('does not retry a registration that the registry rejects', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    registry.faults.push(422)
    await expect(AgentRegistryClient.join(joinOptions(registry, clock))).rejects.toSatisfy(
      (error) => isApiError(error, 'BROKEN'),
    )
    expect(registry.calls).toEqual([REGISTER])
  })

  test('ends immediately with the abort reason, also between two attempts', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    registry.faults.push(503)
    const controller = new AbortController()
    const joining = AgentRegistryClient.join({
      ...joinOptions(registry, clock),
      signal: controller.signal,
    })
    const reason = new Error('enough')
    const failure = expect(joining).rejects.toBe(reason)
    await clock.nextTimer()
    controller.abort(reason)
    // The clock does not advance: waiting out the delay would never end.
    await failure
  })
})

describe('closing', () => {
  test('deregisters, once', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    const log = recordEvents(client)
    await Promise.all([client.close(), client.close()])
    await client[Symbol.asyncDispose]()
    expect(registry.calls).toEqual([REGISTER, DEREGISTER])
    expect(log).toEqual(['closed'])
    expect(clock.timers).toEqual([])
  })

  test('takes at most 2 s if the registry does not respond, and does not fail', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    registry.faults.push('never')
    const startedAt = performance.now()
    await client.close()
    expect(performance.now() - startedAt).toBeLessThan(2500)
  })

  test('aborts a heartbeat in flight, and emits no error', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    const log = recordEvents(client)
    registry.faults.push('never')
    await clock.fireNext()
    await registry.server.received(2)
    await client.close()
    expect(registry.calls).toEqual([REGISTER, HEARTBEAT, DEREGISTER])
    expect(log).toEqual(['closed'])
  })

  test('leaves no listener on a long-lived signal', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const { signal } = new AbortController()
    const client = await AgentRegistryClient.join({ ...joinOptions(registry, clock), signal })
    await client.setStatus('busy')
    await client.close()
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  test('happens when the signal is aborted', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const controller = new AbortController()
    const client = await AgentRegistryClient.join({
      ...joinOptions(registry, clock),
      signal: controller.signal,
    })
    controller.abort()
    await client.close()
    expect(registry.calls).toEqual([REGISTER, DEREGISTER])
    expect(clock.timers).toEqual([])
  })

  test('succeeds for an agent that the registry does not know', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const client = await AgentRegistryClient.join(joinOptions(registry, clock))
    registry.knowsAgent = false
    expect(await client.deregister()).toBe(false)
    await client.close()
  })
})

test('starting the heartbeats is idempotent, and has no effect after close', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  const client = await AgentRegistryClient.join(joinOptions(registry, clock))
  client.startHeartbeatLoop()
  expect(clock.timers).toHaveLength(1)
  await client.close()
  client.startHeartbeatLoop()
  expect(clock.timers).toEqual([])
})
