import { FLAPPING } from '@rollcall/protocol'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { MemoryAgentRegistryRepository } from '../../src/index.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'
import { TakeoverWatch } from '../../src/telemetry/takeover-watch.ts'
import { ManualClock } from '../../src/testing/index.ts'
import { registration } from '../../src/testing/sample-registration.ts'

const WINDOW_MS = FLAPPING.windowSeconds * 1000
const TTL_SECONDS = 86_400

/** A watch of a registry, the lines that it wrote, and the clock of both. */
async function watchedRegistry() {
  const clock = new ManualClock()
  const repository = new MemoryAgentRegistryRepository({ clock })
  const lines: Record<string, unknown>[] = []
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  )
  const watch = new TakeoverWatch({ logger, now: () => clock.monotonicMs() })
  repository.subscribe((transitions) => watch.observe(transitions))
  const register = async (instanceId: string, agentId = 'scout') => {
    await repository.add(registration({ agentId, instanceId, ttlSeconds: TTL_SECONDS }))
  }
  /** Takeovers by instances that alternate, after the first registration. */
  const takeOver = async (times: number, agentId?: string) => {
    for (let takeover = 0; takeover <= times; takeover++) {
      await register(takeover % 2 === 0 ? 'one' : 'two', agentId)
    }
  }
  return {
    clock,
    watch,
    lines,
    register,
    takeOver,
    [Symbol.asyncDispose]: () => repository.close(),
  }
}

test('two takeovers within five minutes are restarts', async () => {
  await using registry = await watchedRegistry()
  await registry.takeOver(2)
  expect(registry.watch).toMatchObject({ count: 2, flapping: 0 })
  expect(registry.lines).toEqual([])
})

test('the third one is flapping: one warning, which names the agent and both instances', async () => {
  await using registry = await watchedRegistry()
  await registry.takeOver(3)
  expect(registry.watch).toMatchObject({ count: 3, flapping: 1 })
  expect(registry.lines).toEqual([
    {
      level: 40,
      agent_id: 'scout',
      instances: ['two', 'one'],
      reason:
        'instance two at http://10.0.0.7:8000 takes over from instance one at http://10.0.0.7:8000',
      msg:
        'agent scout is flapping: 3 takeovers within 300 s; ' +
        'stop one of the two processes, or give it another id',
    },
  ])
})

test('registrations, other changes and registrations of the same instance are no takeovers', async () => {
  await using registry = await watchedRegistry()
  for (const agentId of ['a', 'b', 'c', 'd']) await registry.register('one', agentId)
  for (let times = 0; times < 5; times++) await registry.register('one', 'a')
  expect(registry.watch).toMatchObject({ count: 0, flapping: 0 })
})

test('takeovers further apart than the window are not flapping', async () => {
  await using registry = await watchedRegistry()
  for (const instanceId of ['one', 'two', 'three', 'four', 'five']) {
    await registry.register(instanceId)
    registry.clock.advance(WINDOW_MS / 2)
  }
  expect(registry.watch).toMatchObject({ count: 4, flapping: 0 })
  expect(registry.lines).toEqual([])
})

test('an agent stops flapping a window after the first of its last takeovers', async () => {
  await using registry = await watchedRegistry()
  await registry.takeOver(3)
  registry.clock.advance(WINDOW_MS - 1)
  expect(registry.watch.flapping).toBe(1)
  registry.clock.advance(1)
  expect(registry.watch.flapping).toBe(0)
})

test('an agent that goes on flapping causes one line in each window', async () => {
  await using registry = await watchedRegistry()
  const seconds = 2 * FLAPPING.windowSeconds
  for (let second = 0; second < seconds; second += 10) {
    await registry.register(second % 20 === 0 ? 'one' : 'two')
    registry.clock.advance(10_000)
  }
  expect(registry.lines).toHaveLength(2)
})

test('many flapping agents cause a limited number of lines a minute', async () => {
  await using registry = await watchedRegistry()
  const agents = SERVER_LIMITS.takeoverLines.value + 5
  for (let agent = 0; agent < agents; agent++) await registry.takeOver(3, `agent:${agent}`)
  expect(registry.lines).toHaveLength(SERVER_LIMITS.takeoverLines.value)
  expect(registry.watch.flapping).toBe(agents)
})

test('the watch remembers a limited number of agents, and forgets the longest quiet one', async () => {
  await using registry = await watchedRegistry()
  await registry.takeOver(3, 'first')
  for (let agent = 0; agent < SERVER_LIMITS.takeoverAgents.value - 1; agent++) {
    await registry.takeOver(1, `agent:${agent}`)
  }
  expect(registry.watch.flapping).toBe(1)
  await registry.takeOver(1, 'another')
  expect(registry.watch.flapping).toBe(0)
})

test('an agent that is taken over again is not the longest quiet one', async () => {
  await using registry = await watchedRegistry()
  await registry.takeOver(2, 'first')
  for (let agent = 0; agent < SERVER_LIMITS.takeoverAgents.value - 1; agent++) {
    await registry.takeOver(1, `agent:${agent}`)
  }
  await registry.takeOver(1, 'first')
  await registry.takeOver(1, 'another')
  expect(registry.watch.flapping).toBe(1)
})
