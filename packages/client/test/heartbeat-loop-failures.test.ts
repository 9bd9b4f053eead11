// What a loop does after a heartbeat that the registry did not take.
import { describe, expect, test } from 'vitest'
import { ApiError } from '../src/errors/api-error.ts'
import {
  away,
  overloaded,
  PULSE,
  ScriptedLoop,
  THIRD_OF_TTL_MS,
  unknown,
} from './support/scripted-loop.ts'

describe('after a failure', () => {
  test('the pause is random up to a limit that doubles, but never beyond a third of the TTL', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(...Array.from({ length: 12 }, away))
    scripted.clock.chance = 1
    scripted.loop.start()
    const pauses: number[] = []
    for (let i = 0; i < 12; i++) pauses.push(await scripted.turn())
    expect(pauses).toEqual([
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

  test('the pause may be as short as 100 ms: it is full jitter', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(away(), away())
    scripted.clock.chance = 0
    scripted.loop.start()
    expect(await scripted.turn()).toBe(100)
    expect(await scripted.turn()).toBe(100)
  })

  test('the first good heartbeat ends the back-off and tells how long it was', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(away(), overloaded(), PULSE, away())
    scripted.clock.chance = 0.5
    scripted.loop.start()
    expect(await scripted.turn()).toBe(175)
    expect(await scripted.turn()).toBe(300)
    expect(await scripted.turn()).toBe(20_000)
    expect(scripted.story).toEqual(['beat', 'away', 'beat', 'overloaded', 'beat', 'recovered'])
    expect(scripted.recoveries).toEqual([{ failures: 2, awayMs: 475 }])
    expect(await scripted.turn()).toBe(175)
  })

  test('every failure is told, whatever it is', async () => {
    const scripted = new ScriptedLoop()
    const refused = new ApiError('refused', { status: 400, code: 'UNKNOWN' })
    scripted.beats.push(away(), refused, new TypeError('odd'))
    scripted.loop.start()
    for (let i = 0; i < 4; i++) await scripted.turn()
    expect(scripted.story).toEqual([
      'beat',
      'away',
      'beat',
      'refused',
      'beat',
      'odd',
      'beat',
      'recovered',
    ])
  })
})

describe('Retry-After', () => {
  test('is waited for, and a little longer by chance', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(overloaded(7), overloaded(7))
    scripted.clock.chance = 0
    scripted.loop.start()
    expect(await scripted.turn()).toBe(7000)
    scripted.clock.chance = 1
    expect(await scripted.turn()).toBe(7250)
  })

  test('is bounded by a third of the TTL: longer, and the lease would lapse', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(overloaded(3600))
    scripted.loop.start()
    expect(await scripted.turn()).toBe(THIRD_OF_TTL_MS)
  })

  test('of zero leaves the back-off as it is', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(overloaded(0))
    scripted.loop.start()
    expect(await scripted.turn()).toBe(175)
  })
})

describe('an agent that the registry does not know', () => {
  test('is registered again at once', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(unknown())
    scripted.loop.start()
    expect(await scripted.turn()).toBe(20_000)
    expect(scripted.story).toEqual(['beat', 'lost', 'register', 'reregistered'])
    await scripted.turn()
    expect(scripted.story.at(-1)).toBe('beat')
  })

  test('is lost once, and registered until it works', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(unknown())
    scripted.registrations.push(away(), overloaded())
    scripted.loop.start()
    expect(await scripted.turn()).toBe(175)
    expect(await scripted.turn()).toBe(300)
    expect(await scripted.turn()).toBe(20_000)
    expect(scripted.story).toEqual([
      'beat',
      'lost',
      'register',
      'away',
      'register',
      'overloaded',
      'register',
      'reregistered',
      'recovered',
    ])
  })

  test('is not taken for lost by a 404 of somebody else, such as a proxy', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(new ApiError('who?', { status: 404, code: 'UNKNOWN' }))
    scripted.loop.start()
    await scripted.turn()
    expect(scripted.story).toEqual(['beat', 'who?'])
  })
})
