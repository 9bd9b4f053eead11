// When the heartbeats of a loop go out, and how they end.
import { describe, expect, test } from 'vitest'
import type { HeartbeatSchedule } from '../src/agent/heartbeat-schedule.ts'
import { away, PULSE, ScriptedLoop, unknown } from './support/scripted-loop.ts'

describe('the pause between two heartbeats', () => {
  test('is a third of the TTL until the registry has said its own', async () => {
    const { loop, clock } = new ScriptedLoop({ ttlSeconds: 30 })
    loop.start()
    expect((await clock.timer()).ms).toBe(10_000)
  })

  test('is what the registry says, as soon as it has', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push({ ttlSeconds: 90, intervalSeconds: 7 })
    scripted.loop.start()
    expect(await scripted.turn()).toBe(7000)
    expect(scripted.loop.ttlSeconds).toBe(90)
  })

  test('is the option when there is one, whatever the registry says', async () => {
    const scripted = new ScriptedLoop({ intervalSeconds: 5 })
    scripted.loop.start()
    expect((await scripted.clock.timer()).ms).toBe(5000)
    expect(await scripted.turn()).toBe(5000)
  })

  test.for([
    [0, 18_000],
    [0.25, 19_000],
    [1, 22_000],
  ] as const)('is up to a tenth early or late: by chance %d it is %d ms', async ([chance, ms]) => {
    const scripted = new ScriptedLoop()
    scripted.clock.chance = chance
    scripted.loop.start()
    expect((await scripted.clock.timer()).ms).toBeCloseTo(ms)
    expect(await scripted.turn()).toBeCloseTo(ms)
  })

  test('never reaches the TTL, not even with the longest interval and the latest jitter', async () => {
    const scripted = new ScriptedLoop({ intervalSeconds: 59 })
    scripted.clock.chance = 1
    scripted.loop.start()
    expect((await scripted.clock.timer()).ms).toBeLessThan(60_000)
    expect(await scripted.turn()).toBeLessThan(60_000)
  })

  test('is counted from the beginning of a heartbeat, so that slow answers do not add up', async () => {
    const scripted = new ScriptedLoop()
    const answer = Promise.withResolvers<HeartbeatSchedule>()
    scripted.beats.push(answer.promise)
    scripted.loop.start()
    await scripted.clock.ring()
    scripted.clock.advance(3000)
    answer.resolve(PULSE)
    expect((await scripted.clock.timer()).ms).toBe(17_000)
  })
})

test('no heartbeat goes out while another is under way, however long that takes', async () => {
  const scripted = new ScriptedLoop()
  const answer = Promise.withResolvers<HeartbeatSchedule>()
  scripted.beats.push(answer.promise)
  scripted.loop.start()
  await scripted.clock.ring()
  scripted.clock.advance(600_000)
  expect(scripted.story).toEqual(['beat'])
  answer.resolve(PULSE)
  expect(await scripted.clock.ring()).toBe(100)
  await scripted.clock.timer()
  expect(scripted.story).toEqual(['beat', 'beat'])
  expect(scripted.mostUnderWay).toBe(1)
})

test.for([true, false])('holds the process only if asked to: %s', async (keepsAlive) => {
  const scripted = new ScriptedLoop({ keepsAlive })
  scripted.beats.push(away())
  scripted.loop.start()
  expect((await scripted.clock.timer()).keepsAlive).toBe(keepsAlive)
  await scripted.turn()
  expect((await scripted.clock.timer()).keepsAlive).toBe(keepsAlive)
})

describe('stopping', () => {
  test('before the first heartbeat leaves nothing behind', async () => {
    const { loop, clock, story } = new ScriptedLoop()
    loop.start()
    await loop.stop()
    expect(clock.timers).toEqual([])
    expect(story).toEqual([])
  })

  test('in the middle of a heartbeat gives it up, tells no failure and sends no other', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(new Promise(() => undefined))
    scripted.loop.start()
    await scripted.clock.ring()
    await scripted.loop.stop()
    expect(scripted.underWay).toBe(0)
    expect(scripted.story).toEqual(['beat'])
    expect(scripted.clock.timers).toEqual([])
  })

  test('in the middle of a registration is as quiet', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(unknown())
    scripted.registrations.push(new Promise(() => undefined))
    scripted.loop.start()
    await scripted.clock.ring()
    await Promise.resolve()
    await scripted.loop.stop()
    expect(scripted.story.slice(0, 2)).toEqual(['beat', 'lost'])
    expect(scripted.story).not.toContain('reregistered')
    expect(scripted.clock.timers).toEqual([])
  })

  test('during a back-off ends that, and twice is fine', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(away())
    scripted.loop.start()
    await scripted.turn()
    await scripted.loop.stop()
    await scripted.loop.stop()
    expect(scripted.clock.timers).toEqual([])
    expect(scripted.story).toEqual(['beat', 'away'])
  })
})
