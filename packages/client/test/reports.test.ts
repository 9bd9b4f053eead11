// A report that cannot be delivered is repeated until it has arrived.
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { isApiError, isTimeoutError } from '../src/index.ts'
import { FakeRegistry, HEARTBEAT, joinOptions } from './support/fake-registry.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'

/** Statuses in the heartbeats that arrived, in order. */
function statusesIn(registry: FakeRegistry): (string | undefined)[] {
  return registry.server.requests
    .filter(({ path, method }) => `${method} ${path}` === HEARTBEAT)
    .map(({ body }) => (body as { status?: string } | undefined)?.status)
}

async function joined(registry: FakeRegistry, clock: ManualClientClock) {
  return await AgentRegistryClient.join(joinOptions(registry, clock))
}

describe('setStatus while the registry is unreachable', () => {
  test('resolves when the report has arrived, and emits late once', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await joined(registry, clock)
    const late: unknown[] = []
    client.on('late', ({ report }) => late.push(report))
    registry.faults.push('reset', 503, 'reset')
    let hasArrived = false
    const delivered = client.setStatus('draining').then(() => {
      hasArrived = true
    })
    await expect.poll(() => late).toEqual([{ status: 'draining' }])
    await clock.fireNext()
    await clock.fireNext()
    await clock.nextTimer()
    expect(hasArrived).toBe(false)
    await clock.fireNext()
    await delivered
    expect(statusesIn(registry)).toEqual(['draining', 'draining', 'draining', 'draining'])
    expect(late).toHaveLength(1)
    // It is not repeated: another client may have changed the status.
    await clock.fireNext()
    await registry.server.received(6)
    expect(statusesIn(registry).at(-1)).toBeUndefined()
  })

  test('may be left unawaited', async () => {
    const rejections: unknown[] = []
    const record = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', record)
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const client = await joined(registry, clock)
    registry.faults.push('reset')
    client.setStatus('draining')
    await registry.server.received(2)
    await client.close()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', record)
    expect(rejections).toEqual([])
  })

  test('rejects after its timeout, but the report is still repeated', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await joined(registry, clock)
    registry.faults.push('never')
    await expect(client.setStatus('busy', { timeoutMs: 50 })).rejects.toSatisfy(isTimeoutError)
    await clock.fireNext()
    await registry.server.received(3)
    expect(statusesIn(registry)).toEqual(['busy', 'busy'])
  })

  test('rejects immediately if no heartbeats follow', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    const client = new AgentRegistryClient(joinOptions(registry, clock))
    await client.register()
    registry.faults.push(503)
    await expect(client.setStatus('busy')).rejects.toSatisfy((error) => isApiError(error))
  })
})

test('of two concurrent reports the later one wins', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  await using client = await joined(registry, clock)
  await Promise.all([client.setStatus('busy'), client.setStatus('draining')])
  expect(statusesIn(registry).at(-1)).toBe('draining')
})

test('a rejected report is not repeated, and the agent stays alive', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  await using client = await joined(registry, clock)
  registry.faults.push(422)
  await expect(client.setStatus('draining')).rejects.toSatisfy((error) => isApiError(error))
  await clock.fireNext()
  await registry.server.received(3)
  expect(statusesIn(registry)).toEqual(['draining', undefined])
})

test('a rejected report leaves no listener on the signal of its call', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  await using client = await joined(registry, clock)
  registry.faults.push(422)
  const { signal } = new AbortController()
  await expect(client.setStatus('draining', { signal })).rejects.toSatisfy((error) =>
    isApiError(error),
  )
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('an invalid report is rejected before it is sent', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  await using client = await joined(registry, clock)
  await expect(client.heartbeat({ load: 7 })).rejects.toThrow('load is 7')
  await expect(client.setStatus('away' as 'busy')).rejects.toThrow('status is "away"')
  expect(statusesIn(registry)).toEqual([])
})

test('an unknown agent registers immediately, with its report', async () => {
  const clock = new ManualClientClock()
  await using registry = await FakeRegistry.start()
  await using client = await joined(registry, clock)
  registry.knowsAgent = false
  const delivered = client.setStatus('draining')
  await registry.server.received(2)
  await expect.poll(() => clock.timers[0]?.ms).toBe(100)
  // A heartbeat that is rejected once more, and the registration.
  await clock.fireNext()
  await delivered
  expect(registry.server.requests.at(-1)?.body).toMatchObject({ status: 'draining' })
})

describe('an agent that has deregistered', () => {
  test('sends nothing until it registers, and then resumes', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await joined(registry, clock)
    const log: string[] = []
    client.on('deregistered', () => log.push('deregistered'))
    client.on('reregistered', () => log.push('reregistered'))
    expect(await client.deregister()).toBe(true)
    expect(clock.timers).toEqual([])
    expect(registry.knowsAgent).toBe(false)
    await client.register()
    expect(await clock.fireNext()).toBe(20_000)
    await registry.server.received(4)
    expect(registry.calls.at(-1)).toBe(HEARTBEAT)
    expect(log).toEqual(['deregistered'])
  })

  test('is not brought back by a heartbeat or registration in flight', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await joined(registry, clock)
    registry.knowsAgent = false
    const registering = client.register()
    const leaving = client.deregister()
    await clock.fireNext()
    await registering
    await leaving
    expect(registry.knowsAgent).toBe(false)
    expect(registry.calls.at(-1)).toContain('DELETE')
  })

  test('rejects reports', async () => {
    const clock = new ManualClientClock()
    await using registry = await FakeRegistry.start()
    await using client = await joined(registry, clock)
    await client.deregister()
    await expect(client.setStatus('busy')).rejects.toSatisfy((error) =>
      isApiError(error, 'AGENT_NOT_FOUND'),
    )
  })
})
