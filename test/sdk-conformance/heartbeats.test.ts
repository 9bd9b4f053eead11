import { expect } from 'vitest'
import { conformance } from './support/conformance.ts'
import {
  delayed,
  type Exchange,
  HEARTBEAT,
  halfBody,
  json,
  never,
  page,
  problem,
  REGISTER,
  reset,
} from './support/scripted-registry.ts'

const UNKNOWN = problem(404, 'AGENT_NOT_FOUND')

/** The times between an answer and the next request, in milliseconds, which delays only lengthen. */
function pauses(exchanges: readonly Exchange[]): number[] {
  return exchanges.slice(1).map(({ arrivedMs }, i) => arrivedMs - (exchanges[i]?.answeredMs ?? 0))
}

conformance('heartbeats', (rule) => {
  rule('heartbeats come as often as the registry asks', async ({ registry, join }) => {
    // By default, they would be 20 s apart.
    await join()
    const heartbeats = await registry.received(HEARTBEAT, 3)

    for (const { headers, body } of heartbeats) {
      expect(headers['rollcall-instance']).toBe('run-1')
      expect(body).toBeUndefined()
    }
  })

  rule('the interval of the application is in force', async ({ registry, join }) => {
    registry.lease = { ttl_seconds: 60, heartbeat_interval_seconds: 20 }
    await join({ heartbeat_interval_seconds: 0.2 })
    await registry.received(HEARTBEAT, 3)
  })

  rule('an overloaded registry outweighs the interval of the application', async (stage) => {
    const { registry, join } = stage
    registry.lease = { ttl_seconds: 6, heartbeat_interval_seconds: 4 }
    await join({ ttl_seconds: 6, heartbeat_interval_seconds: 0.2 })
    const heartbeats = await registry.received(HEARTBEAT, 2)

    // 4 s, less the jitter and the time that the answer took.
    expect(pauses(heartbeats)[0]).toBeGreaterThan(1500)
  })

  rule('without an interval, heartbeats are a third of the TTL apart', async (stage) => {
    const { registry, join } = stage
    registry.lease = { ttl_seconds: 1 }
    await join({ ttl_seconds: 60 })
    await registry.received(HEARTBEAT, 2)
    registry.script(HEARTBEAT, json({ ttl_seconds: 9 }))
    const [longer] = (await registry.more(HEARTBEAT)).slice(-1)
    const [next] = (await registry.more(HEARTBEAT)).slice(-1)

    // 3 s, less the jitter and the time that the answer took.
    expect((next?.arrivedMs ?? 0) - (longer?.answeredMs ?? 0)).toBeGreaterThan(1500)
  })

  rule('no two heartbeats are in flight at once', async ({ registry, join }) => {
    registry.script(HEARTBEAT, delayed(1500, json({ status: 'ok' })))
    await join()
    await registry.received(HEARTBEAT, 3)

    expect(registry.mostInFlight).toBe(1)
  })

  rule('no answer makes heartbeats come more often than every 100 ms', async (stage) => {
    const { registry, join } = stage
    registry.lease = { ttl_seconds: 60, heartbeat_interval_seconds: 0.000_001 }
    registry.script(HEARTBEAT, problem(503, 'OVERLOADED', { 'retry-after': '0.0001' }))
    await join()
    const heartbeats = await registry.received(HEARTBEAT, 6)

    // Timers of platforms are precise to a millisecond.
    for (const ms of pauses(heartbeats)) expect(ms).toBeGreaterThanOrEqual(98)
  })

  rule('an invalid TTL or interval leaves the last one in force', async ({ registry, join }) => {
    await join()
    registry.script(HEARTBEAT, json({ ttl_seconds: -1, heartbeat_interval_seconds: 'soon' }))
    registry.script(HEARTBEAT, json({ ttl_seconds: 1e9, heartbeat_interval_seconds: 1e9 }))
    await registry.received(HEARTBEAT, 4)
  })

  rule('heartbeats survive every fault', async ({ registry, join }) => {
    registry.lease = { ttl_seconds: 3, heartbeat_interval_seconds: 0.2 }
    const sdk = await join({ ttl_seconds: 3, timeout_seconds: 1 })
    const faults = [reset, halfBody, json('ok'), page(502), problem(500, 'INTERNAL'), never]
    registry.script(HEARTBEAT, ...faults, problem(403, 'FORBIDDEN'), page(404))
    await sdk.event('recovered')

    expect(registry.of(HEARTBEAT)).toHaveLength(faults.length + 3)
    expect(sdk.events).toEqual([
      ...Array.from({ length: faults.length + 2 }, () => 'failed'),
      'recovered',
    ])
    expect(registry.of(REGISTER)).toHaveLength(1)
  })

  rule('the log says once that the registry is away, and once that it is back', async (stage) => {
    const { registry, join } = stage
    const sdk = await join()
    registry.script(HEARTBEAT, reset, reset, reset)
    await sdk.event('recovered')

    await expect.poll(() => sdk.log).toContain('is reachable again')
    expect(sdk.log.match(/cannot send heartbeats/g)).toHaveLength(1)
    expect(sdk.log.match(/is reachable again/g)).toHaveLength(1)
  })

  rule('Retry-After is obeyed', async ({ registry, join }) => {
    registry.script(HEARTBEAT, problem(503, 'OVERLOADED', { 'retry-after': '2' }))
    await join()
    const heartbeats = await registry.received(HEARTBEAT, 2)

    expect(pauses(heartbeats)[0]).toBeGreaterThanOrEqual(1990)
  })

  rule('a Retry-After beyond a third of the TTL is cut off there', async ({ registry, join }) => {
    registry.lease = { ttl_seconds: 3, heartbeat_interval_seconds: 0.2 }
    const inAnHour = new Date(Date.now() + 3_600_000).toUTCString()
    registry.script(HEARTBEAT, problem(503, 'OVERLOADED', { 'retry-after': '3600' }))
    registry.script(HEARTBEAT, problem(503, 'OVERLOADED', { 'retry-after': inAnHour }))
    await join({ ttl_seconds: 3 })
    await registry.received(HEARTBEAT, 3)
  })

  rule('a heartbeat times out after a third of the TTL', async ({ registry, join }) => {
    registry.lease = { ttl_seconds: 1, heartbeat_interval_seconds: 0.2 }
    const sdk = await join({ ttl_seconds: 1, timeout_seconds: 3600 })
    registry.script(HEARTBEAT, never)
    await sdk.event('recovered')
  })

  rule('an agent that the registry has lost registers again', async ({ registry, join }) => {
    const sdk = await join({ load: 0.5 })
    registry.script(HEARTBEAT, UNKNOWN)
    await sdk.event('reregistered')
    await registry.more(HEARTBEAT)

    const [first, second] = registry.of(REGISTER)
    expect(second?.body).toEqual(first?.body)
    expect(sdk.events).toEqual(['lost', 'reregistered'])
  })

  rule('a lost agent retries its registration until it succeeds', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(HEARTBEAT, UNKNOWN)
    registry.script(REGISTER, problem(503, 'STORAGE_UNAVAILABLE'), reset)
    await sdk.event('recovered')

    expect(registry.of(REGISTER)).toHaveLength(4)
    expect(sdk.events).toEqual(['lost', 'failed', 'failed', 'reregistered', 'recovered'])
  })

  rule('a 404 without an error code of a registry loses no agent', async ({ registry, join }) => {
    const sdk = await join()
    registry.script(HEARTBEAT, page(404))
    await sdk.event('recovered')

    expect(registry.of(REGISTER)).toHaveLength(1)
  })

  rule('heartbeats fail over to the next address, and stay there', async (stage) => {
    const { registry, start, anotherRegistry } = stage
    const other = await anotherRegistry()
    const sdk = start({ REGISTRY_URL: `${registry.url},${other.url}` })
    await sdk.do('join', { agent_id: 'a-1', agent_name: 'A', host: 'h' })
    registry.script(HEARTBEAT, problem(503, 'STORAGE_UNAVAILABLE'))
    await other.received(HEARTBEAT, 2)

    expect(sdk.events).toEqual([])
    const [failed] = registry.of(HEARTBEAT).slice(-1)
    expect(other.of(HEARTBEAT)[1]?.arrivedMs).toBeGreaterThan(failed?.arrivedMs ?? Infinity)
  })

  rule('while its check fails, an agent is busy', async ({ registry, join }) => {
    const sdk = await join({ checked: true })
    await registry.received(HEARTBEAT, 1)
    await sdk.do('set_health', { is_healthy: false })
    await sdk.event('check_failed')
    const [failing] = await registry.more(HEARTBEAT).then((all) => all.filter((it) => it.body))
    await sdk.do('set_health', { is_healthy: true })
    await sdk.event('check_passed')
    await registry.more(HEARTBEAT)

    expect(failing?.body).toEqual({ status: 'busy' })
    const bodies = registry.of(HEARTBEAT).flatMap(({ body }) => body ?? [])
    expect(bodies).toEqual([{ status: 'busy' }, { status: 'ready' }])
  })

  rule('while a silent check fails, no heartbeats are sent', async ({ registry, join }) => {
    const sdk = await join({ checked: true, when_check_fails: 'silent' })
    await sdk.do('set_health', { is_healthy: false })
    await sdk.event('check_failed')
    const before = registry.of(HEARTBEAT).length
    await new Promise((resolve) => setTimeout(resolve, 1000))

    expect(registry.of(HEARTBEAT)).toHaveLength(before)
    await sdk.do('set_health', { is_healthy: true })
    await registry.more(HEARTBEAT)
  })
})
