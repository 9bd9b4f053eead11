import { beforeAll, describe, expect, test } from 'vitest'
import { parsePrometheusText, sampleValue } from './support/prometheus-text.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import type { RawResponse } from './support/raw-response.ts'
import { useRegistry } from './support/registry-under-test.ts'

// Plain heartbeats bypass the framework. No client may be able to notice.

const registry = useRegistry()
const agentId = 'lane:agent'
const PATH = `/agents/${agentId}/heartbeat`

beforeAll(async () => {
  await registry.register({ agent_id: agentId })
})

/** Requests that bypass the framework. */
const PLAIN = {
  'a plain POST': `POST ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a POST with an empty body': `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n`,
  'a POST with an empty JSON body':
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\n` +
    'Content-Type: application/json\r\nContent-Length: 0\r\n\r\n',
}

/** Equivalent requests that go through the framework. */
const THROUGH_FRAMEWORK = {
  'a POST with an empty report':
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\n` +
    'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}',
  'a POST to an escaped id': `POST ${PATH.replace('lane:', 'lane%3A')} HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a POST with a query': `POST ${PATH}? HTTP/1.1\r\nHost: x\r\n\r\n`,
  'a POST with an empty body in chunks':
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\n` +
    'Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
}

/** The bytes of a response, with times removed. */
function withoutTimes({ statusLine, headerLines, body }: RawResponse): string {
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
  withoutTimes(
    await rawExchange(registry.baseUrl, THROUGH_FRAMEWORK['a POST with an empty report']),
  )

describe.each(Object.entries(PLAIN))('%s', (_name, request) => {
  test('bypasses the framework, and gets the same bytes', async () => {
    const before = await plainHeartbeats()
    const response = await rawExchange(registry.baseUrl, request)
    expect(await plainHeartbeats()).toBe(before + 1)
    expect(withoutTimes(response)).toBe(await reference())
  })

  test('gets the same bytes over HTTP/1.0 and with Connection: close', async () => {
    for (const [from, to] of [
      ['HTTP/1.1', 'HTTP/1.0'],
      ['Host: x', 'Host: x\r\nConnection: close'],
    ] as const) {
      const viaFramework = THROUGH_FRAMEWORK['a POST with an empty report'].replace(from, to)
      const expected = withoutTimes(await rawExchange(registry.baseUrl, viaFramework))
      const response = await rawExchange(registry.baseUrl, request.replace(from, to))
      expect(withoutTimes(response)).toBe(expected)
    }
  })
})

describe.each(Object.entries(THROUGH_FRAMEWORK))('%s', (_name, request) => {
  test('goes through the framework, and gets the same bytes', async () => {
    const before = await plainHeartbeats()
    const response = await rawExchange(registry.baseUrl, request)
    expect(await plainHeartbeats()).toBe(before)
    expect(withoutTimes(response)).toBe(await reference())
  })
})

test('an unknown agent gets the same response either way', async () => {
  const toUnknown = (request: string) => request.replaceAll(/agent(?=\/heartbeat)/g, 'unknown')
  const plain = Object.values(PLAIN).map(toUnknown)
  const viaFramework = Object.values(THROUGH_FRAMEWORK).map(toUnknown)
  const responses = await Promise.all(
    [...plain, ...viaFramework].map((request) => rawExchange(registry.baseUrl, request)),
  )
  const texts = responses.map((response) => withoutTimes(response).replaceAll(/req-\d+/g, 'req-#'))
  const lengthless = texts.map((text) => text.replace(/^content-length: \d+$/m, ''))
  expect(new Set(lengthless).size).toBe(1)
  expect(responses.every(({ status }) => status === 404)).toBe(true)
})

test('the content type of an empty body makes no difference', async () => {
  // Two clients that differ only in how they frame an empty body must both keep their leases.
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

test('both kinds can be mixed on one connection', async () => {
  await using connection = await RawConnection.open(registry.baseUrl)
  for (const request of [...Object.values(PLAIN), ...Object.values(THROUGH_FRAMEWORK)]) {
    connection.send(request)
    expect((await connection.answer()).status).toBe(200)
  }
})
