// When the heartbeats of a loop are sent, and how the loop stops.
import { describe, expect, test } from 'vitest'
import type { HeartbeatSchedule } from '../src/agent/heartbeat-schedule.ts'
import { SCHEDULE, ScriptedLoop, unknownAgent, unreachable } from './support/scripted-loop.ts'

describe('the interval between two heartbeats', () => {
  test('is a third of the TTL until the registry reports its own', async () => {
    const { loop, clock } = new ScriptedLoop({ ttlSeconds: 30 })
    loop.start()
    expect((await clock.nextTimer()).ms).toBe(10_000)
  })

  test('is that of the registry, as soon as it is known', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push({ ttlSeconds: 90, intervalSeconds: 7 })
    scripted.loop.start()
    expect(await scripted.tick()).toBe(7000)
    expect(scripted.loop.ttlSeconds).toBe(90)
  })

  test('is that of the option, regardless of the registry', async () => {
    const scripted = new ScriptedLoop({ intervalSeconds: 5 })
    scripted.loop.start()
    expect((await scripted.clock.nextTimer()).ms).toBe(5000)
    expect(await scripted.tick()).toBe(5000)
  })

  test('is that of an overloaded registry, also if the option is shorter, and as before afterwards', async () => {
    const scripted = new ScriptedLoop({ intervalSeconds: 5 })
    scripted.heartbeats.push({ ttlSeconds: 60, intervalSeconds: 30 })
    scripted.loop.start()
    expect(await scripted.tick()).toBe(30_000)
    expect(await scripted.tick()).toBe(5000)
  })

  test('is that of the option if it is longer than an overloaded registry asks', async () => {
    const scripted = new ScriptedLoop({ intervalSeconds: 40 })
    scripted.heartbeats.push({ ttlSeconds: 60, intervalSeconds: 30 })
    scripted.loop.start()
    expect(await scripted.tick()).toBe(40_000)
  })

  test.for([
    [0, 18_000],
    [0.25, 19_000],
    [1, 22_000],
  ] as const)(
    'has a jitter of a tenth: with the random value %d it is %d ms',
    async ([random, ms]) => {
      const scripted = new ScriptedLoop()
      scripted.clock.randomValue = random
      scripted.loop.start()
      expect((await scripted.clock.nextTimer()).ms).toBeCloseTo(ms)
      expect(await scripted.tick()).toBeCloseTo(ms)
    },
  )

  test('never reaches the TTL, even with the longest interval and the largest jitter', async () => {
    const scripted = new ScriptedLoop({ intervalSeconds: 59 })
    scripted.clock.randomValue = 1
    scripted.loop.start()
    expect((await scripted.clock.nextTimer()).ms).toBeLessThan(60_000)
    expect(await scripted.tick()).toBeLessThan(60_000)
  })

  test('is measured from the start of a heartbeat, so that slow responses do not add up', async () => {
    const scripted = new ScriptedLoop()
    const response = Promise.withResolvers<HeartbeatSchedule>()
    scripted.heartbeats.push(response.promise)
    scripted.loop.start()
    await scripted.clock.fireNext()
    scripted.clock.advance(3000)
    response.resolve(SCHEDULE)
    expect((await scripted.clock.nextTimer()).ms).toBe(17_000)
  })
})

test('no heartbeat is sent while another is in flight', async () => {
  const scripted = new ScriptedLoop()
  const response = Promise.withResolvers<HeartbeatSchedule>()
  scripted.heartbeats.push(response.promise)
  scripted.loop.start()
  await scripted.clock.fireNext()
  scripted.clock.advance(600_000)
  expect(scripted.log).toEqual(['heartbeat'])
  response.resolve(SCHEDULE)
  expect(await scripted.clock.fireNext()).toBe(100)
  await scripted.clock.nextTimer()
  expect(scripted.log).toEqual(['heartbeat', 'heartbeat'])
  expect(scripted.maxInFlight).toBe(1)
})

test.for([true, false])(
  'keeps the process running only with keepsAlive: %s',
  async (keepsAlive) => {
    const scripted = new ScriptedLoop({ keepsAlive })
    scripted.heartbeats.push(unreachable())
    scripted.loop.start()
    expect((await scripted.clock.nextTimer()).keepsAlive).toBe(keepsAlive)
    await scripted.tick()
    expect((await scripted.clock.nextTimer()).keepsAlive).toBe(keepsAlive)
  },
)

describe('stopping', () => {
  test('before the first heartbeat leaves no timer', async () => {
    const { loop, clock, log } = new ScriptedLoop()
    loop.start()
    await loop.stop()
    expect(clock.timers).toEqual([])
    expect(log).toEqual([])
  })

  test('during a heartbeat aborts it, reports no failure and sends no other', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(new Promise(() => undefined))
    scripted.loop.start()
    await scripted.clock.fireNext()
    await scripted.loop.stop()
    expect(scripted.inFlight).toBe(0)
    expect(scripted.log).toEqual(['heartbeat'])
    expect(scripted.clock.timers).toEqual([])
  })

  test('during a registration reports no failure', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(unknownAgent())
    scripted.registrations.push(new Promise(() => undefined))
    scripted.loop.start()
    await scripted.clock.fireNext()
    await Promise.resolve()
    await scripted.loop.stop()
    expect(scripted.log.slice(0, 2)).toEqual(['heartbeat', 'lost'])
    expect(scripted.log).not.toContain('reregistered')
    expect(scripted.clock.timers).toEqual([])
  })

  test('during a backoff cancels it, and is idempotent', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(unreachable())
    scripted.loop.start()
    await scripted.tick()
    await scripted.loop.stop()
    await scripted.loop.stop()
    expect(scripted.clock.timers).toEqual([])
    expect(scripted.log).toEqual(['heartbeat', 'unreachable'])
  })
})
