import { beforeAll, describe, expect, test } from 'vitest'
import { parsePrometheusText, sampleValue } from './support/prometheus-text.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import type { RawAnswer } from './support/raw-response.ts'
import { useRegistry } from './support/registry-under-test.ts'

// Plain heartbeats are answered ahead of the framework. Nobody may be able to tell.

const registry = useRegistry()
const agentId = 'lane:agent'
const PATH = `/agents/${agentId}/heartbeat`

beforeAll(async () => {
  await registry.register({ agent_id: agentId })
})

/** What goes ahead of the framework. */
const PLAIN = {
  'a plain POST': `POST ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a POST with an empty body': `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
  'a POST with an empty JSON body':
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\n` +
    'Content-Type: application/json\r\nContent-Length: 0\r\n\r\n',
}

/** What means the same, and goes the whole way. */
const WHOLE_WAY = {
  'a POST with an empty report':
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\n` +
    'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  'a POST to an escaped id': `POST ${PATH.replace('lane:', 'lane%3A')} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a POST with a query': `POST ${PATH}? HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a POST with an empty body in chunks':
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\n` +
    'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
}

/** The bytes of an answer, with the moment taken out of them. */
function timeless({ statusLine, headerLines, body }: RawAnswer): string {
  return [statusLine, ...headerLines, '', body.toString('latin1')]
    .join('\r\n')
    .replace(/^Date: .*$/m, 'Date: <now>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<time>')
}

async function plainHeartbeats(): Promise<number> {
  const { text } = await registry.get('/metrics')
  return sampleValue(parsePrometheusText(text), 'rollcall_plain_heartbeats_total')
}

const reference = async () =>
  timeless(await rawExchange(registry.baseUrl, WHOLE_WAY['a POST with an empty report']))

describe.each(Object.entries(PLAIN))('%s', (_name, request) => {
  test('goes ahead of the framework, and is answered with the same bytes', async () => {
    const before = await plainHeartbeats()
    const answer = await rawExchange(registry.baseUrl, request)
    expect(await plainHeartbeats()).toBe(before + 1)
    expect(timeless(answer)).toBe(await reference())
  })

  test('is answered with the same bytes over HTTP/1.0 and when it closes', async () => {
    for (const [from, to] of [
      ['HTTP/1.1', 'HTTP/1.0'],
      ['Host: x', 'Host: x\r\nConnection: close'],
    ] as const) {
      const whole = WHOLE_WAY['a POST with an empty report'].replace(from, to)
      const expected = timeless(await rawExchange(registry.baseUrl, whole))
      const answer = await rawExchange(registry.baseUrl, request.replace(from, to))
      expect(timeless(answer)).toBe(expected)
    }
  })
})

describe.each(Object.entries(WHOLE_WAY))('%s', (_name, request) => {
  test('goes through the framework, and is answered with the same bytes', async () => {
    const before = await plainHeartbeats()
    const answer = await rawExchange(registry.baseUrl, request)
    expect(await plainHeartbeats()).toBe(before)
    expect(timeless(answer)).toBe(await reference())
  })
})

test('an unknown agent gets the same answer either way', async () => {
  const nobody = (request: string) => request.replaceAll(/agent(?=\/heartbeat)/g, 'nobody')
  const plain = Object.values(PLAIN).map(nobody)
  const whole = Object.values(WHOLE_WAY).map(nobody)
  const answers = await Promise.all(
    [...plain, ...whole].map((request) => rawExchange(registry.baseUrl, request)),
  )
  const texts = answers.map((answer) => timeless(answer).replaceAll(/req-\d+/g, 'req-#'))
  const lengthless = texts.map((text) => text.replace(/^content-length: \d+$/m, ''))
  expect(new Set(lengthless).size).toBe(1)
  expect(answers.every(({ status }) => status === 404)).toBe(true)
})

test('the type of a body that is not there makes no difference', async () => {
  // Two clients that differ in nothing but how they frame "no body" must both stay alive.
  const types = ['text/plain', 'application/x-www-form-urlencoded']
  const framings = ['Content-Length: 0\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n']
  const statuses: number[] = []
  for (const headers of [...types.map((type) => `Content-Type: ${type}\r\n`), '']) {
    for (const framing of framings) {
      const request = `POST ${PATH} HTTP/1.1\r\nHost: x\r\n${headers}${framing}`
      statuses.push((await rawExchange(registry.baseUrl, request)).status)
    }
  }
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200])
})

test('both ways may follow each other on one connection', async () => {
  await using connection = await RawConnection.open(registry.baseUrl)
  for (const request of [...Object.values(PLAIN), ...Object.values(WHOLE_WAY)]) {
    connection.send(request)
    expect((await connection.answer()).status).toBe(200)
  }
})
