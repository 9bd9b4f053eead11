import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LeaseSuspension } from '../../../src/http/connections/lease-suspension.ts'
import { RequestWaits } from '../../../src/http/connections/request-waits.ts'
import { OverloadGuard } from '../../../src/http/overload/overload-guard.ts'
import { WINDOW_MS } from '../../../src/http/overload/pressure.ts'
import { EarlyRefusals } from '../../../src/http/requests/early-refusals.ts'
import { ProblemDialect } from '../../../src/http/responses/problem-dialect.ts'

const WORST_MS = 10_000
/** Requests in each window, which make a late event loop an overload. */
const REQUESTS = 20

let guard: OverloadGuard
let lines: { msg: string; refused?: number; seconds?: number }[]
let suspensions: number[]
let url: string
const waits = new RequestWaits()
let nowMs = 0
const server = createServer()

beforeEach(async () => {
  lines = []
  suspensions = []
  const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) })
  const leases = new LeaseSuspension()
  leases.protect({ suspendLeases: (ms) => suspensions.push(ms) })
  const refusals = new EarlyRefusals(() => 'request-1', new ProblemDialect())
  guard = new OverloadGuard({ logger, leases, refusals, waits, toKnownPath: (url) => url })
  const handler = guard.wrap((_request, response) => {
    response.end('served')
    return undefined
  })
  server.removeAllListeners('request').on('request', handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** Lets windows of measurement pass, each with the same delay of the event loop. */
function pass(windows: number, delayMs: number): void {
  for (let window = 0; window < windows; window++) {
    nowMs += WINDOW_MS
    guard.observe({ delayMs, requests: REQUESTS, processors: 1, nowMs })
  }
}

test('a refused request gets 503 OVERLOADED with a time to come back', async () => {
  pass(50, WORST_MS)
  const response = await fetch(`${url}/agents`)
  expect(response.status).toBe(503)
  expect(Number(response.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
  expect(response.headers.get('content-type')).toContain('application/problem+json')
  expect(await response.json()).toMatchObject({ code: 'OVERLOADED', request_id: 'request-1' })
})

describe('a refusal', () => {
  async function statusOf(method: string, path: string): Promise<number> {
    return (await fetch(`${url}${path}`, { method })).status
  }

  test.each([
    ['GET', '/agents'],
    ['POST', '/agents/register'],
  ])('of %s %s is held back, unlike those of heartbeats', async (method, path) => {
    pass(50, WORST_MS)
    const order: string[] = []
    const held = statusOf(method, path).then((status) => order.push(`held ${status}`))
    // Half of the heartbeats are refused, each in far less time than a refusal is held.
    for (const _ of [1, 2, 3, 4]) {
      const status = await statusOf('POST', '/agents/a/heartbeat')
      order.push(`heartbeat ${status}`)
    }
    await held
    expect(order.at(-1)).toBe('held 503')
    expect(order.filter((each) => each === 'heartbeat 503').length).toBe(2)
  })
})

test('the connection of a refused request with a body serves the next one', async () => {
  pass(50, WORST_MS)
  const body = 'x'.repeat(200_000)
  const refused = await fetch(`${url}/agents/register`, { method: 'POST', body })
  expect([refused.status, (await refused.text()).length > 0]).toEqual([503, true])
  expect(await (await fetch(`${url}/health`)).text()).toBe('served')
})

test('requests that wait for a turn of the event loop are an overload, although it is on time', () => {
  for (let window = 0; window < 3; window++) {
    waits.add(100)
    pass(1, 0)
  }
  expect(guard.stats.read?.share).toBeGreaterThan(0)
})

test('what is refused is counted by class', async () => {
  pass(50, WORST_MS)
  await (await fetch(`${url}/agents`)).text()
  await (await fetch(`${url}/agents/register`, { method: 'POST' })).text()
  expect(guard.stats).toEqual({
    read: { share: 1, refused: 1 },
    change: { share: 1, refused: 1 },
    heartbeat: { share: 0.5, refused: 0 },
  })
})

test('a page at an allowed origin gets the response of the framework, which it can read', async () => {
  pass(50, WORST_MS)
  const response = await fetch(`${url}/agents`, { headers: { origin: 'https://app.example' } })
  expect(await response.text()).toBe('served')
  expect(guard.stats.read?.refused).toBe(1)
})

test('leases are suspended while heartbeats are refused, and not before', () => {
  pass(4, 60)
  expect([guard.pressure.shareOf('read') > 0, suspensions]).toEqual([true, []])
  pass(50, WORST_MS)
  expect(suspensions).toEqual([2000])
})

describe('the log', () => {
  test('has one line when an overload begins and one when it has ended', async () => {
    pass(50, WORST_MS)
    await (await fetch(`${url}/agents`)).text()
    pass(50, 0)
    expect(lines.map(({ msg }) => msg)).toEqual([
      expect.stringMatching(/^overloaded: requests wait 10000 ms/),
      'no longer overloaded; 1 requests were refused',
    ])
  })

  test('says how long it lasted by the monotonic clock, whatever the wall clock does', () => {
    pass(5, WORST_MS)
    pass(50, 0)
    // Three windows until it begins; nothing has passed by the wall clock.
    expect(lines.at(-1)?.seconds).toBeGreaterThan(1)
  })

  test('has few lines about an overload that comes and goes', () => {
    for (let time = 0; time < 50; time++) {
      pass(3, WORST_MS)
      pass(20, 0)
    }
    // 50 times 4.6 seconds: eight pairs of lines in each minute.
    expect(lines.length).toBeLessThanOrEqual(2 * 8 * 4)
  })
})

test('receipts ask for fewer heartbeats while an overload lasts, and for the usual number after it', () => {
  pass(10, WORST_MS)
  expect(guard.intervalFactor).toBe(1)
  pass(30, WORST_MS)
  expect(guard.intervalFactor).toBe(1.5)
  pass(50, 0)
  expect(guard.intervalFactor).toBe(1)
})

test('an overload has the wall-clock time of its beginning', () => {
  expect(guard.beganAtMs).toBeUndefined()
  pass(3, WORST_MS)
  expect(guard.beganAtMs).toEqual(expect.any(Number))
  pass(50, 0)
  expect(guard.beganAtMs).toBeUndefined()
})
