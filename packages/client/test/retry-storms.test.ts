// No response may make a loop of the client retry faster than every 100 ms. The clock of these
// tests does not advance by itself, so a loop that does not wait would run forever.
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { watch } from '../src/discovery/watch.ts'
import { AgentRegistryClient } from '../src/index.ts'
import { RegistryConnection } from '../src/transport/connection.ts'
import {
  type ArbitraryResponse,
  arbitraryResponse,
  arbitraryStream,
  FakeNetwork,
} from './support/arbitrary-responses.ts'
import { ManualClientClock, type PendingTimer } from './support/manual-client-clock.ts'
import { wireAgent } from './support/wire-agents.ts'

const MIN_DELAY_MS = 100
const DAY_MS = 86_400_000
const IDLE_TIMEOUT_MS = 45_000
const RUNS = 400
const GOOD: ArbitraryResponse = { status: 200, headers: {}, text: JSON.stringify(wireAgent('a:1')) }
const AGENT = { agentId: 'a:1', agentName: 'A', host: '10.0.0.7', registryUrl: 'http://registry' }

let responses = 0
afterAll(() => {
  console.log(`${responses} responses`)
  expect(responses).toBeGreaterThan(10_000)
})

/** Fires timers until all responses were used; each may cause at most `most` requests. */
async function exhaust(
  network: FakeNetwork,
  clock: ManualClientClock,
  options: { maxRequests: number; ended?: Promise<unknown> },
): Promise<void> {
  let hasEnded = false
  void options.ended?.finally(() => {
    hasEnded = true
  })
  while (!network.isExhausted) {
    // A loop that has ended has no timer.
    await Promise.race([delayTimer(clock), options.ended ?? new Promise(() => undefined)])
    if (hasEnded) break
    const before = network.requests
    const { ms } = await delayTimer(clock)
    expect(ms).toBeGreaterThanOrEqual(MIN_DELAY_MS)
    expect(ms).toBeLessThanOrEqual(DAY_MS)
    clock.advance(ms)
    await Promise.race([delayTimer(clock), options.ended ?? new Promise(() => undefined)])
    expect(network.requests - before).toBeLessThanOrEqual(options.maxRequests)
  }
  responses += network.requests
}

/** Returns the timer of a retry delay, ignoring the idle timeout of a stream. */
async function delayTimer(clock: ManualClientClock): Promise<PendingTimer> {
  for (;;) {
    const timer = clock.timers.find(({ ms }) => ms !== IDLE_TIMEOUT_MS)
    if (timer) return timer
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function property(
  response: fc.Arbitrary<ArbitraryResponse>,
  run: (script: readonly ArbitraryResponse[], clock: ManualClientClock) => Promise<void>,
): Promise<void> {
  const script = fc.array(response, { minLength: 5, maxLength: 40 })
  const random = fc.double({ min: 0, max: 1, noNaN: true })
  return fc.assert(
    fc.asyncProperty(script, random, async (script, random) => {
      const clock = new ManualClientClock()
      clock.randomValue = random
      await run(script, clock)
    }),
    { numRuns: RUNS },
  )
}

test('heartbeats', async () => {
  await property(arbitraryResponse, async (script, clock) => {
    const network = new FakeNetwork([GOOD, ...script])
    const { fetch } = network
    await using _agent = await AgentRegistryClient.join({ ...AGENT, clock, fetch, logger: null })
    // An unknown agent registers immediately.
    await exhaust(network, clock, { maxRequests: 2 })
  })
})

test('joining', async () => {
  await property(arbitraryResponse, async (script, clock) => {
    const network = new FakeNetwork(script)
    const { fetch } = network
    const ended = AgentRegistryClient.join({
      ...AGENT,
      ...{ clock, fetch, logger: null, joinTimeoutMs: 1e9, heartbeatFrom: 'none' },
    }).catch(() => undefined)
    await exhaust(network, clock, { maxRequests: 1, ended })
  })
})

test('the heartbeats of a group', async () => {
  await property(arbitraryResponse, async (script, clock) => {
    const network = new FakeNetwork([GOOD, GOOD, ...script])
    const { fetch } = network
    await using group = AgentRegistryClient.group({ ...AGENT, clock, fetch, logger: null })
    await group.join(AGENT)
    await group.join({ ...AGENT, agentId: 'b:1' })
    // The batch, once more after a 404, and a registration for each unknown member.
    await exhaust(network, clock, { maxRequests: 4 })
  })
})

test.each([false, true])('a watch, with loads: %s', async (loads) => {
  await property(arbitraryStream, async (script, clock) => {
    const network = new FakeNetwork(script)
    const { fetch } = network
    const connection = new RegistryConnection({ registryUrl: AGENT.registryUrl, fetch })
    const stop = new AbortController()
    const events = watch({ connection, clock, filter: {}, loads, signals: [stop.signal] })
    const ended = readAll(events).catch(() => undefined)
    // A second request without loads: a registry may be too old to support them.
    await exhaust(network, clock, { maxRequests: loads ? 2 : 1, ended })
    stop.abort()
    await ended
  })
})

async function readAll(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}
