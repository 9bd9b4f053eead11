import { LIMITS } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const headers = { 'content-type': 'application/json' }

/** A document of an exact size: whitespace around JSON is ignored. */
const padded = (json: unknown, bytes: number) => JSON.stringify(json).padEnd(bytes, ' ')

describe.each([
  ['/agents/register', LIMITS.bodyBytes],
  ['/agents/a/heartbeat', LIMITS.bodyBytes],
  ['/agents/heartbeats', LIMITS.batchBodyBytes],
])('the body of %s', (path, limit) => {
  test('is accepted up to its limit', async () => {
    const body = padded({}, limit)
    expect([404, 422]).toContain((await registry.post(path, { body, headers })).status)
  })

  test('is 413 as soon as a client announces one more byte', async () => {
    // Not with `fetch`: the server closes the connection while the body is being sent, and the
    // response may be lost.

    const response = await rawExchange(
      registry.baseUrl,
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${limit + 1}\r\n\r\n{`,
    )
    expectProblem(response, 'PAYLOAD_TOO_LARGE')
  })

  test('is 413 when it exceeds the limit without announcing it', async () => {
    const chunk = ' '.repeat(64 * 1024)
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
        'Transfer-Encoding: chunked\r\n\r\n',
    )
    for (let sent = 0; sent <= limit; sent += chunk.length) {
      connection.send(`${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    }
    expectProblem(await connection.answer(), 'PAYLOAD_TOO_LARGE')
  })
})

test('the largest valid registration fits, even fully escaped', async () => {
  const escaped = (text: string) =>
    text.replaceAll(/./gs, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const { agent_id } = registry.registration({ agent_id: 'largest'.padEnd(255, 'x') })
  const fields = {
    agent_id: String(agent_id),
    agent_name: 'n'.repeat(256),
    host: 'h'.repeat(256),
    version: 'v'.repeat(256),
    url: `http://${'u'.repeat(2041)}`,
    metadata: JSON.stringify({ k: 'm'.repeat(3992) }),
  }
  const parts = Object.entries(fields).map(([name, text]) => `"${name}":"${escaped(text)}"`)
  const list = Array.from({ length: 64 }, () => `"${escaped('c'.repeat(128))}"`).join(',')
  const body = `{${parts.join(',')},"port":65535,"capabilities":[${list}]}`
  const response = await registry.post('/agents/register', { body, headers })
  expect(response.status, response.text.slice(0, 300)).toBe(200)
})

describe('a URL', () => {
  test('with a segment beyond the limit is 414', async () => {
    for (const path of [`/agents/${'a'.repeat(2000)}`, `/agents/${'a'.repeat(2000)}/heartbeat`]) {
      const method = path.endsWith('heartbeat') ? 'POST' : 'GET'
      expectProblem(await registry.request(method, path), 'URI_TOO_LONG')
    }
  })

  test('is truncated in the error about its length', async () => {
    const response = await registry.get(`/agents/${'a'.repeat(10_000)}`)
    expectProblem(response, 'URI_TOO_LONG')
    expect(response.text.length).toBeLessThan(2000)
  })
})
