// No answer whatever makes a loop of the client faster than its floor: an attempt every 100 ms. The
// clock of these tests stands still, so a loop that does not wait would go on for ever.
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { watch } from '../src/discovery/watch.ts'
import { AgentRegistryClient } from '../src/index.ts'
import { RegistryConnection } from '../src/transport/connection.ts'
import { type AnyAnswer, AnyNetwork, anyAnswer, anyStream } from './support/arbitrary-responses.ts'
import { ManualClientClock, type WaitingTimer } from './support/manual-client-clock.ts'
import { wireAgent } from './support/wire-agents.ts'

/** Milliseconds. */
const FLOOR = 100
const DAY = 86_400_000
const WATCHDOG_MS = 45_000
const RUNS = 400
const GOOD: AnyAnswer = { status: 200, headers: {}, text: JSON.stringify(wireAgent('a:1')) }
const AGENT = { agentId: 'a:1', agentName: 'A', host: '10.0.0.7', registryUrl: 'http://registry' }

let answers = 0
afterAll(() => {
  console.log(`${answers} answers`)
  expect(answers).toBeGreaterThan(10_000)
})

/** Rings until all answers were given, and asks for no more than so many with each ring. */
async function exhaust(
  network: AnyNetwork,
  clock: ManualClientClock,
  options: { most: number; ended?: Promise<unknown> },
): Promise<void> {
  let hasEnded = false
  options.ended?.finally(() => {
    hasEnded = true
  })
  while (!network.isUsedUp) {
    // One that ends needs no timer.
    await Promise.race([pauseIn(clock), options.ended ?? new Promise(() => undefined)])
    if (hasEnded) break
    const before = network.asked
    const { ms } = await pauseIn(clock)
    expect(ms).toBeGreaterThanOrEqual(FLOOR)
    expect(ms).toBeLessThanOrEqual(DAY)
    clock.advance(ms)
    await Promise.race([pauseIn(clock), options.ended ?? new Promise(() => undefined)])
    expect(network.asked - before).toBeLessThanOrEqual(options.most)
  }
  answers += network.asked
}

/** The timer of a pause: unlike the watchdog of a stream, it is what everything waits for. */
async function pauseIn(clock: ManualClientClock): Promise<WaitingTimer> {
  for (;;) {
    const pause = clock.timers.find(({ ms }) => ms !== WATCHDOG_MS)
    if (pause) return pause
    await new Promise((resolve) => setImmediate(resolve))
  }
}

function property(
  answer: fc.Arbitrary<AnyAnswer>,
  run: (script: readonly AnyAnswer[], clock: ManualClientClock) => Promise<void>,
): Promise<void> {
  const script = fc.array(answer, { minLength: 5, maxLength: 40 })
  const chance = fc.double({ min: 0, max: 1, noNaN: true })
  return fc.assert(
    fc.asyncProperty(script, chance, async (script, chance) => {
      const clock = new ManualClientClock()
      clock.chance = chance
      await run(script, clock)
    }),
    { numRuns: RUNS },
  )
}

test('heartbeats', async () => {
  await property(anyAnswer, async (script, clock) => {
    const network = new AnyNetwork([GOOD, ...script])
    const { fetch } = network
    await using _agent = await AgentRegistryClient.join({ ...AGENT, clock, fetch, logger: null })
    // One that is not known registers at once.
    await exhaust(network, clock, { most: 2 })
  })
})

test('joining', async () => {
  await property(anyAnswer, async (script, clock) => {
    const network = new AnyNetwork(script)
    const { fetch } = network
    const ended = AgentRegistryClient.join({
      ...AGENT,
      ...{ clock, fetch, logger: null, joinTimeoutMs: 1e9, heartbeatFrom: 'none' },
    }).catch(() => undefined)
    await exhaust(network, clock, { most: 1, ended })
  })
})

test('the heartbeats of a group', async () => {
  await property(anyAnswer, async (script, clock) => {
    const network = new AnyNetwork([GOOD, GOOD, ...script])
    const { fetch } = network
    await using group = AgentRegistryClient.group({ ...AGENT, clock, fetch, logger: null })
    await group.join(AGENT)
    await group.join({ ...AGENT, agentId: 'b:1' })
    // The batch, once more after a 404, and a registration for each member that is not known.
    await exhaust(network, clock, { most: 4 })
  })
})

test.each([false, true])('a watch, with loads: %s', async (loads) => {
  await property(anyStream, async (script, clock) => {
    const network = new AnyNetwork(script)
    const { fetch } = network
    const connection = new RegistryConnection({ registryUrl: AGENT.registryUrl, fetch })
    const stop = new AbortController()
    const events = watch({ connection, clock, filter: {}, loads, signals: [stop.signal] })
    const ended = readAll(events).catch(() => undefined)
    // Without loads, too: a registry may be too old for them.
    await exhaust(network, clock, { most: loads ? 2 : 1, ended })
    stop.abort()
    await ended
  })
})

async function readAll(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _event of events);
}
