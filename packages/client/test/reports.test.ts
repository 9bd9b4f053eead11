// A report that the registry cannot take now is said again until it has arrived.
import { getEventListeners } from 'node:events'
import { describe, expect, test } from 'vitest'
import { AgentRegistryClient } from '../src/agent-registry-client.ts'
import { isApiError, isTimeoutError } from '../src/index.ts'
import { ManualClientClock } from './support/manual-client-clock.ts'
import { HEARTBEAT, joinOptions, SmallRegistry } from './support/small-registry.ts'

/** Statuses in the heartbeats that arrived, in order. */
function statusesIn(registry: SmallRegistry): (string | undefined)[] {
  return registry.server.requests
    .filter(({ path, method }) => `${method} ${path}` === HEARTBEAT)
    .map(({ body }) => (body as { status?: string } | undefined)?.status)
}

async function joined(registry: SmallRegistry, clock: ManualClientClock) {
  return await AgentRegistryClient.join(joinOptions(registry, clock))
}

describe('setStatus while the registry is away', () => {
  test('resolves when it has arrived, and is told to be late once', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await joined(registry, clock)
    const late: unknown[] = []
    client.on('late', ({ report }) => late.push(report))
    registry.faults.push('reset', 503, 'reset')
    let hasArrived = false
    const delivered = client.setStatus('draining').then(() => {
      hasArrived = true
    })
    await expect.poll(() => late).toEqual([{ status: 'draining' }])
    await clock.ring()
    await clock.ring()
    await clock.timer()
    expect(hasArrived).toBe(false)
    await clock.ring()
    await delivered
    expect(statusesIn(registry)).toEqual(['draining', 'draining', 'draining', 'draining'])
    expect(late).toHaveLength(1)
    // Once is enough: somebody else may say otherwise.
    await clock.ring()
    await registry.server.received(6)
    expect(statusesIn(registry).at(-1)).toBeUndefined()
  })

  test('need not be awaited', async () => {
    const rejections: unknown[] = []
    const note = (reason: unknown): void => void rejections.push(reason)
    process.on('unhandledRejection', note)
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = await joined(registry, clock)
    registry.faults.push('reset')
    client.setStatus('draining')
    await registry.server.received(2)
    await client.close()
    await new Promise((resolve) => setImmediate(resolve))
    process.off('unhandledRejection', note)
    expect(rejections).toEqual([])
  })

  test('gives up after the time that it was given, and is said again all the same', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await joined(registry, clock)
    registry.faults.push('never')
    await expect(client.setStatus('busy', { timeoutMs: 50 })).rejects.toSatisfy(isTimeoutError)
    await clock.ring()
    await registry.server.received(3)
    expect(statusesIn(registry)).toEqual(['busy', 'busy'])
  })

  test('rejects at once when no heartbeats follow', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    const client = new AgentRegistryClient(joinOptions(registry, clock))
    await client.register()
    registry.faults.push(503)
    await expect(client.setStatus('busy')).rejects.toSatisfy((error) => isApiError(error))
  })
})

test('of two that overtake each other the later one counts', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await joined(registry, clock)
  await Promise.all([client.setStatus('busy'), client.setStatus('draining')])
  expect(statusesIn(registry).at(-1)).toBe('draining')
})

test('what the registry refuses is not said again, and the agent stays alive', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await joined(registry, clock)
  registry.faults.push(422)
  await expect(client.setStatus('draining')).rejects.toSatisfy((error) => isApiError(error))
  await clock.ring()
  await registry.server.received(3)
  expect(statusesIn(registry)).toEqual(['draining', undefined])
})

test('a report that is refused leaves nothing behind at the signal of its call', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await joined(registry, clock)
  registry.faults.push(422)
  const { signal } = new AbortController()
  await expect(client.setStatus('draining', { signal })).rejects.toSatisfy((error) =>
    isApiError(error),
  )
  expect(getEventListeners(signal, 'abort')).toEqual([])
})

test('what cannot be said is refused before it is sent', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await joined(registry, clock)
  await expect(client.heartbeat({ load: 7 })).rejects.toThrow('load is 7')
  await expect(client.setStatus('away' as 'busy')).rejects.toThrow('status is "away"')
  expect(statusesIn(registry)).toEqual([])
})

test('an agent that is not known registers at once, with what it says', async () => {
  const clock = new ManualClientClock()
  await using registry = await SmallRegistry.start()
  await using client = await joined(registry, clock)
  registry.knowsAgent = false
  const delivered = client.setStatus('draining')
  await registry.server.received(2)
  await expect.poll(() => clock.timers[0]?.ms).toBe(100)
  // A heartbeat that is refused once more, and the registration.
  await clock.ring()
  await delivered
  expect(registry.server.requests.at(-1)?.body).toMatchObject({ status: 'draining' })
})

describe('an agent that has deregistered', () => {
  test('sends nothing until it registers, and then goes on', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await joined(registry, clock)
    const story: string[] = []
    client.on('deregistered', () => story.push('deregistered'))
    client.on('reregistered', () => story.push('reregistered'))
    expect(await client.deregister()).toBe(true)
    expect(clock.timers).toEqual([])
    expect(registry.knowsAgent).toBe(false)
    await client.register()
    expect(await clock.ring()).toBe(20_000)
    await registry.server.received(4)
    expect(registry.asked.at(-1)).toBe(HEARTBEAT)
    expect(story).toEqual(['deregistered'])
  })

  test('is not brought back by a heartbeat or a registration that was under way', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await joined(registry, clock)
    registry.knowsAgent = false
    const registering = client.register()
    const leaving = client.deregister()
    await clock.ring()
    await registering
    await leaving
    expect(registry.knowsAgent).toBe(false)
    expect(registry.asked.at(-1)).toContain('DELETE')
  })

  test('rejects what it is to say', async () => {
    const clock = new ManualClientClock()
    await using registry = await SmallRegistry.start()
    await using client = await joined(registry, clock)
    await client.deregister()
    await expect(client.setStatus('busy')).rejects.toSatisfy((error) =>
      isApiError(error, 'AGENT_NOT_FOUND'),
    )
  })
})
