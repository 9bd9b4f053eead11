import { describe, expect, test } from 'vitest'
import { ApiError } from '../src/errors/api-error.ts'
import { NetworkError } from '../src/errors/network-error.ts'
import { HeartbeatLoop, type HeartbeatLoopParts, type Pulse } from '../src/heartbeat-loop.ts'
import { ManualClientClock } from './manual-client-clock.ts'

const PULSE: Pulse = { ttlSeconds: 60, intervalSeconds: 20 }
const THIRD_OF_TTL_MS = 20_000

/** A loop whose heartbeats are answered as the script says; when that ends, well. */
class ScriptedLoop {
  readonly clock = new ManualClientClock()
  /** What the loop did and told, in order. */
  readonly story: string[] = []
  readonly beats: (Pulse | Error | Promise<Pulse>)[] = []
  readonly registrations: (Pulse | Error | Promise<Pulse>)[] = []
  readonly recoveries: { failures: number; awayMs: number }[] = []
  underWay = 0
  mostUnderWay = 0
  readonly loop: HeartbeatLoop

  constructor(more: Partial<HeartbeatLoopParts> = {}) {
    this.loop = new HeartbeatLoop({
      clock: this.clock,
      ttlSeconds: 60,
      keepsAlive: false,
      beat: (signal) => this.#answer('beat', this.beats.shift() ?? PULSE, signal),
      register: (signal) => this.#answer('register', this.registrations.shift() ?? PULSE, signal),
      failed: (error) => this.story.push(error instanceof Error ? error.message : 'failed'),
      lost: () => this.story.push('lost'),
      reregistered: () => this.story.push('reregistered'),
      recovered: (story) => {
        this.story.push('recovered')
        this.recoveries.push(story)
      },
      ...more,
    })
  }

  /** Rings, and gives back how long the loop waits after what it does then. */
  async turn(): Promise<number> {
    await this.clock.ring()
    return (await this.clock.timer()).ms
  }

  async #answer(what: string, answer: Pulse | Error | Promise<Pulse>, signal: AbortSignal) {
    this.story.push(what)
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay)
    try {
      if (answer instanceof Error) throw answer
      const givenUp = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
      return await Promise.race([answer, givenUp])
    } finally {
      this.underWay--
    }
  }
}

const away = (): NetworkError => new NetworkError('away')
const unknown = (): ApiError => new ApiError('unknown', { status: 404, code: 'AGENT_NOT_FOUND' })
const overloaded = (retryAfterSeconds?: number): ApiError =>
  new ApiError('overloaded', { status: 503, code: 'OVERLOADED', retryAfterSeconds })

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
    const answer = Promise.withResolvers<Pulse>()
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
  const answer = Promise.withResolvers<Pulse>()
  scripted.beats.push(answer.promise)
  scripted.loop.start()
  await scripted.clock.ring()
  scripted.clock.advance(600_000)
  expect(scripted.story).toEqual(['beat'])
  answer.resolve(PULSE)
  expect(await scripted.clock.ring()).toBe(0)
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

  test('the pause may be as short as nothing: it is full jitter', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(away(), away())
    scripted.clock.chance = 0
    scripted.loop.start()
    expect(await scripted.turn()).toBe(0)
    expect(await scripted.turn()).toBe(0)
  })

  test('the first good heartbeat ends the back-off and tells how long it was', async () => {
    const scripted = new ScriptedLoop()
    scripted.beats.push(away(), overloaded(), PULSE, away())
    scripted.clock.chance = 0.5
    scripted.loop.start()
    expect(await scripted.turn()).toBe(125)
    expect(await scripted.turn()).toBe(250)
    expect(await scripted.turn()).toBe(20_000)
    expect(scripted.story).toEqual(['beat', 'away', 'beat', 'overloaded', 'beat', 'recovered'])
    expect(scripted.recoveries).toEqual([{ failures: 2, awayMs: 375 }])
    expect(await scripted.turn()).toBe(125)
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
    expect(await scripted.turn()).toBe(125)
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
    expect(await scripted.turn()).toBe(125)
    expect(await scripted.turn()).toBe(250)
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
