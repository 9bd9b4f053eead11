import { beforeAll, describe, expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { RawConnection, rawExchange } from './support/raw-connection.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()
const agentId = 'framed'
const PATH = `/agents/${agentId}/heartbeat`
const plain = `POST ${PATH} HTTP/1.1\r\nHost: x\r\n\r\n`
const report = (json: string, more = '') =>
  `POST ${PATH} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n${more}` +
  `Content-Length: ${json.length}\r\n\r\n${json}`

beforeAll(async () => {
  await registry.register({ agent_id: agentId })
})

describe('heartbeats on one connection', () => {
  test('may be pipelined, and the responses are in order', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    const unknown = plain.replace(agentId, 'unknown-agent')
    const sent = [plain, unknown, report('{"load":0.5}'), plain, report('{"load":7}'), plain]
    connection.send(sent.join(''))
    const statuses: number[] = []
    for (const _ of sent) statuses.push((await connection.answer()).status)
    expect(statuses).toEqual([200, 404, 200, 200, 422, 200])
  })

  test('may be hundreds in one packet', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(plain.repeat(500))
    for (let beat = 0; beat < 500; beat++) {
      expect((await connection.answer()).status).toBe(200)
    }
  })

  test('may arrive byte by byte', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    for (const byte of plain) {
      connection.send(byte)
      await new Promise(setImmediate)
    }
    expect((await connection.answer()).status).toBe(200)
  })
})

describe('a heartbeat over HTTP/1.0', () => {
  const plain10 = `POST ${PATH} HTTP/1.0\r\n\r\n`

  test('needs no Host, and closes the connection', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(plain10)
    const response = await connection.answer()
    expect(response.status).toBe(200)
    expect(response.headers.get('connection')).toBe('close')
    await connection.whenClosed()
  })

  test('keeps the connection on request', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    const keeping = plain10.replace('\r\n\r\n', '\r\nConnection: keep-alive\r\n\r\n')
    for (let beat = 0; beat < 2; beat++) {
      connection.send(keeping)
      expect((await connection.answer()).headers.get('connection')).toBe('keep-alive')
    }
  })
})

describe('a heartbeat that expects 100-continue', () => {
  test('gets 100 before it sends its report', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    const [head = '', body = ''] = report('{"load":0.25}', 'Expect: 100-continue\r\n').split(
      /(?<=\r\n\r\n)/,
    )
    connection.send(head)
    expect((await connection.answer()).status).toBe(100)
    connection.send(body)
    expect((await connection.answer()).status).toBe(200)
  })

  test('gets a response without a report', async () => {
    await using connection = await RawConnection.open(registry.baseUrl)
    connection.send(plain.replace('Host', 'Expect: 100-continue\r\nHost'))
    expect((await connection.answer()).status).toBe(100)
    expect((await connection.answer()).status).toBe(200)
  })
})

describe('header names', () => {
  test.each([
    ['lower', (head: string) => head.toLowerCase()],
    ['upper', (head: string) => head.toUpperCase()],
  ])('may be in %s case', async (_name, inCase) => {
    for (const request of [plain, report('{"load":0.5}')]) {
      const changed = request.replaceAll(/^[A-Za-z-]+(?=:)/gm, inCase)
      expect((await rawExchange(registry.baseUrl, changed)).status).toBe(200)
    }
  })
})

describe('a chunked heartbeat', () => {
  const chunked = (chunks: string, type = 'Content-Type: application/json\r\n') =>
    `POST ${PATH} HTTP/1.1\r\nHost: x\r\n${type}Transfer-Encoding: chunked\r\n\r\n${chunks}`

  test('may be empty', async () => {
    expect((await rawExchange(registry.baseUrl, chunked('0\r\n\r\n'))).status).toBe(200)
  })

  test('may be empty and without a type', async () => {
    expect((await rawExchange(registry.baseUrl, chunked('0\r\n\r\n', ''))).status).toBe(200)
  })

  test('may carry a report in several chunks', async () => {
    const pieces = '2\r\n{"\r\n4\r\nload\r\n6\r\n":0.5}\r\n0\r\n\r\n'
    expect((await rawExchange(registry.baseUrl, chunked(pieces))).status).toBe(200)
  })

  test('is rejected with invalid chunks', async () => {
    const response = await rawExchange(registry.baseUrl, chunked('zz\r\n'))
    expectProblem(response, 'MALFORMED_REQUEST')
  })
})
