// How a loop handles a failed heartbeat.
import { describe, expect, test } from 'vitest'
import { ApiError } from '../src/errors/api-error.ts'
import {
  overloaded,
  SCHEDULE,
  ScriptedLoop,
  THIRD_OF_TTL_MS,
  unknownAgent,
  unreachable,
} from './support/scripted-loop.ts'

describe('after a failure', () => {
  test('the delay is random up to a limit that doubles, but never exceeds a third of the TTL', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(...Array.from({ length: 12 }, unreachable))
    scripted.clock.randomValue = 1
    scripted.loop.start()
    const delays: number[] = []
    for (let i = 0; i < 12; i++) delays.push(await scripted.tick())
    expect(delays).toEqual([
      250,
      500,
      1000,
      2000,
      4000,
      8000,
      16_000,
      ...Array.from({ length: 5 }, () => THIRD_OF_TTL_MS),
    ])
  })

  test('the delay may be as short as 100 ms: full jitter', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(unreachable(), unreachable())
    scripted.clock.randomValue = 0
    scripted.loop.start()
    expect(await scripted.tick()).toBe(100)
    expect(await scripted.tick()).toBe(100)
  })

  test('the first successful heartbeat ends the backoff and reports the length of the outage', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(unreachable(), overloaded(), SCHEDULE, unreachable())
    scripted.clock.randomValue = 0.5
    scripted.loop.start()
    expect(await scripted.tick()).toBe(175)
    expect(await scripted.tick()).toBe(300)
    expect(await scripted.tick()).toBe(20_000)
    expect(scripted.log).toEqual([
      'heartbeat',
      'unreachable',
      'heartbeat',
      'overloaded',
      'heartbeat',
      'recovered',
    ])
    expect(scripted.recoveries).toEqual([{ failures: 2, awayMs: 475 }])
    expect(await scripted.tick()).toBe(175)
  })

  test('every failure is reported, of any kind', async () => {
    const scripted = new ScriptedLoop()
    const rejected = new ApiError('rejected', { status: 400, code: 'UNKNOWN' })
    scripted.heartbeats.push(unreachable(), rejected, new TypeError('bug'))
    scripted.loop.start()
    for (let i = 0; i < 4; i++) await scripted.tick()
    expect(scripted.log).toEqual([
      'heartbeat',
      'unreachable',
      'heartbeat',
      'rejected',
      'heartbeat',
      'bug',
      'heartbeat',
      'recovered',
    ])
  })
})

describe('Retry-After', () => {
  test('is respected, plus a little jitter', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(overloaded(7), overloaded(7))
    scripted.clock.randomValue = 0
    scripted.loop.start()
    expect(await scripted.tick()).toBe(7000)
    scripted.clock.randomValue = 1
    expect(await scripted.tick()).toBe(7250)
  })

  test('is limited to a third of the TTL, so that the lease does not lapse', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(overloaded(3600))
    scripted.loop.start()
    expect(await scripted.tick()).toBe(THIRD_OF_TTL_MS)
  })

  test('of zero does not change the backoff', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(overloaded(0))
    scripted.loop.start()
    expect(await scripted.tick()).toBe(175)
  })
})

describe('an agent that the registry does not know', () => {
  test('is registered again immediately', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(unknownAgent())
    scripted.loop.start()
    expect(await scripted.tick()).toBe(20_000)
    expect(scripted.log).toEqual(['heartbeat', 'lost', 'register', 'reregistered'])
    await scripted.tick()
    expect(scripted.log.at(-1)).toBe('heartbeat')
  })

  test('is reported as lost once, and registered until that succeeds', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(unknownAgent())
    scripted.registrations.push(unreachable(), overloaded())
    scripted.loop.start()
    expect(await scripted.tick()).toBe(175)
    expect(await scripted.tick()).toBe(300)
    expect(await scripted.tick()).toBe(20_000)
    expect(scripted.log).toEqual([
      'heartbeat',
      'lost',
      'register',
      'unreachable',
      'register',
      'overloaded',
      'register',
      'reregistered',
      'recovered',
    ])
  })

  test('is not considered lost after a 404 of another server, such as a proxy', async () => {
    const scripted = new ScriptedLoop()
    scripted.heartbeats.push(new ApiError('who?', { status: 404, code: 'UNKNOWN' }))
    scripted.loop.start()
    await scripted.tick()
    expect(scripted.log).toEqual(['heartbeat', 'who?'])
  })
})
