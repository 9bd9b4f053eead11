import { AgentRegistryServer } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { StreamLimits } from '../../src/http/events/stream-limits.ts'
import { SERVER_LIMITS } from '../../src/limits/server-limits.ts'

const NO_LIMIT = () => Number.POSITIVE_INFINITY
const overloaded = expect.objectContaining({ code: 'OVERLOADED' })
const quotaExceeded = expect.objectContaining({ code: 'QUOTA_EXCEEDED' })

describe('open streams', () => {
  test('are limited in all', () => {
    const limits = new StreamLimits({ limit: () => 2, limitOfCaller: NO_LIMIT })
    limits.reserve('a', '{}')
    const second = limits.reserve('b', '{}')
    expect(() => limits.reserve('c', '{}')).toThrow(overloaded)
    second.release()
    expect(() => limits.reserve('c', '{}')).not.toThrow()
  })

  test('are limited for each caller', () => {
    const limits = new StreamLimits({ limit: NO_LIMIT, limitOfCaller: () => 2 })
    const first = limits.reserve('a', '{}')
    limits.reserve('a', '{}')
    expect(() => limits.reserve('a', '{}')).toThrow(quotaExceeded)
    expect(() => limits.reserve('b', '{}')).not.toThrow()
    first.release()
    first.release()
    limits.reserve('a', '{}')
    expect(() => limits.reserve('a', '{}')).toThrow(quotaExceeded)
  })
})

describe('different filters', () => {
  const inAll = SERVER_LIMITS.filters.value
  const ofCaller = (inAll * SERVER_LIMITS.filtersPercent.value) / 100

  /** Opens streams of a caller, each with another filter. */
  function open(limits: StreamLimits, caller: string, count: number) {
    return Array.from({ length: count }, (_, index) => limits.reserve(caller, `${caller} ${index}`))
  }

  test('of one caller may be at most half of those in all', () => {
    const limits = new StreamLimits({ limit: NO_LIMIT, limitOfCaller: NO_LIMIT })
    const [first] = open(limits, 'a', ofCaller)
    expect(() => limits.reserve('a', 'another')).toThrow(quotaExceeded)
    expect(() => limits.reserve('a', 'a 7')).not.toThrow()
    expect(() => limits.reserve('b', 'another')).not.toThrow()
    first?.release()
    expect(() => limits.reserve('a', 'another')).not.toThrow()
  })

  test('are limited in all', () => {
    const limits = new StreamLimits({ limit: NO_LIMIT, limitOfCaller: NO_LIMIT })
    const [first] = open(limits, 'a', ofCaller)
    open(limits, 'b', ofCaller)
    expect(() => limits.reserve('c', 'another')).toThrow(overloaded)
    expect(() => limits.reserve('c', 'a 7')).not.toThrow()
    first?.release()
    expect(() => limits.reserve('c', 'another')).not.toThrow()
  })
})

describe('the streams of a caller over HTTP', () => {
  const stream = { accept: 'text/event-stream' }

  test('end on their side as well: then it may open another one', async () => {
    await using server = new AgentRegistryServer('memory:', {
      maxStreamsPerCaller: 1,
      limitLocal: true,
    })
    const url = `${await server.listen({ port: 0 })}/events`
    const leave = new AbortController()
    expect((await fetch(url, { headers: stream, signal: leave.signal })).status).toBe(200)
    const refused = await fetch(url, { headers: stream })
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5'])
    expect(await refused.json()).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      detail: expect.stringContaining('--max-streams-per-caller'),
    })
    expect((await fetch(url, { method: 'HEAD', headers: stream })).status).toBe(429)
    leave.abort()
    const another = new AbortController()
    const status = async () => {
      return (await fetch(url, { headers: stream, signal: another.signal })).status
    }
    await expect.poll(status, { timeout: 30_000 }).toBe(200)
    another.abort()
  })

  test('do not count HEAD requests, which open none', async () => {
    await using server = new AgentRegistryServer('memory:', {
      maxStreamsPerCaller: 1,
      limitLocal: true,
    })
    const url = `${await server.listen({ port: 0 })}/events`
    for (let request = 0; request < 3; request++) {
      expect((await fetch(url, { method: 'HEAD', headers: stream })).status).toBe(200)
    }
  })

  test('are not limited while only this machine reaches the registry', async () => {
    await using server = new AgentRegistryServer('memory:', { maxStreamsPerCaller: 1 })
    const url = `${await server.listen({ port: 0 })}/events`
    const leave = new AbortController()
    for (let request = 0; request < 3; request++) {
      expect((await fetch(url, { headers: stream, signal: leave.signal })).status).toBe(200)
    }
    leave.abort()
  })
})
