// A request whose end two servers could see at different places, as the first of a connection on which a proxy sends
// the request of an admin next: what follows it must never be taken for a request.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RawConnection } from '../../../../test/http/support/raw-connection.ts'
import { TOKENS } from '../access/support/guarded-registry.ts'
import {
  type AttackedRegistry,
  attackedRegistry,
  OWN,
  rawRequest,
  VICTIM,
} from './support/attacked-registry.ts'

let registry: AttackedRegistry
beforeAll(async () => {
  registry = await attackedRegistry()
})
afterAll(() => registry[Symbol.asyncDispose]())

/** What somebody else sends on the same connection. */
const ADMIN = rawRequest('DELETE', `/agents/${VICTIM}`, { token: TOKENS.admin })

/** Heads whose body may end at several places, or that may be read as several. */
const AMBIGUOUS: Readonly<Record<string, readonly string[]>> = {
  'has a length and chunks': ['Content-Length: 5', 'Transfer-Encoding: chunked'],
  'has chunks and a length': ['Transfer-Encoding: chunked', 'Content-Length: 5'],
  'has a length of 0 and chunks': ['Content-Length: 0', 'Transfer-Encoding: chunked'],
  'has two lengths': ['Content-Length: 0', 'Content-Length: 5'],
  'has the same length twice': ['Content-Length: 0', 'content-length: 0'],
  'has a list of lengths': ['Content-Length: 0, 5'],
  'has a signed length': ['Content-Length: +0'],
  'has a hexadecimal length': ['Content-Length: 0x5'],
  'has a length with a blank': ['Content-Length: 0 5'],
  'has a length beyond 64 bits': ['Content-Length: 18446744073709551616'],
  'has an unknown coding': ['Transfer-Encoding: xchunked'],
  'has an unknown coding last': ['Transfer-Encoding: chunked, identity'],
  'has two codings in two lines': ['Transfer-Encoding: chunked', 'Transfer-Encoding: x'],
  'has a coding with a control character': ['Transfer-Encoding:\x0bchunked'],
  'has a blank before a colon': ['Transfer-Encoding : chunked'],
  'has a tab before a colon': ['Content-Length\t: 5'],
  'folds a coding': ['Transfer-Encoding:', ' chunked'],
  'folds a header': ['X: y', ' Transfer-Encoding: chunked'],
  'begins with a folded header': [' X: y'],
  'has a NUL in a header': ['X: a\0b'],
  'has a NUL in the name of a header': ['X\0: a'],
  'has a bare carriage return': ['X: a\rTransfer-Encoding: chunked'],
  'has a bare line feed': ['X: a\nTransfer-Encoding: chunked'],
  'has a header without a colon': ['Transfer-Encoding chunked'],
  'has a header without a name': [': chunked'],
}

const targets = {
  'a heartbeat on the fast path': `/agents/${OWN}/heartbeat`,
  'a batch': '/agents/heartbeats',
  'an unknown route': '/nowhere',
}

describe.each(Object.entries(AMBIGUOUS))('a request that %s', (_what, headers) => {
  test.each(Object.entries(targets))('ends the connection: %s', async (_route, target) => {
    const before = await registry.victim()
    await using connection = await RawConnection.open(registry.url)
    connection.send(Buffer.from(rawRequest('POST', target, { headers }), 'latin1'))
    connection.send(Buffer.from(`0\r\n\r\n${ADMIN}`, 'latin1'))
    // The route may be found out to be unknown before the body is.
    expect([400, 404]).toContain((await connection.answer()).status)
    await expect(connection.answer()).rejects.toThrow('closed without a response')
    expect(await registry.victim()).toEqual(before)
  })
})

test.each([
  ['bare line feeds end its lines', (head: string) => head.replaceAll('\r\n', '\n')],
  ['a bare line feed ends its head', (head: string) => head.replace(/\r\n$/, '\n')],
  ['bare carriage returns end its lines', (head: string) => head.replaceAll('\r\n', '\r')],
  ['its version is unknown', (head: string) => head.replace('HTTP/1.1', 'HTTP/1.9')],
  ['its line has more words', (head: string) => head.replace(' HTTP', ' x HTTP')],
])('a request is refused if %s', async (_what, change) => {
  const before = await registry.victim()
  await using connection = await RawConnection.open(registry.url)
  connection.send(change(rawRequest('POST', `/agents/${OWN}/heartbeat`)) + ADMIN)
  expect((await connection.answer()).status).toBe(400)
  await connection.whenClosed()
  expect(await registry.victim()).toEqual(before)
})

describe.each([
  ['its size is not hexadecimal', '0x5\r\nhello\r\n0\r\n\r\n'],
  ['its size is beyond 64 bits', '10000000000000000\r\nhello\r\n0\r\n\r\n'],
  ['its size is signed', '-1\r\nhello\r\n0\r\n\r\n'],
  ['a bare line feed ends its size', '5\nhello\r\n0\r\n\r\n'],
  ['it is longer than its size', '2\r\nhello\r\n0\r\n\r\n'],
  ['a bare line feed is in its extension', '5;a\nb\r\nhello\r\n0\r\n\r\n'],
])('a chunk is refused if %s', (_what, chunks) => {
  test('and nothing after it is a request', async () => {
    const before = await registry.victim()
    await using connection = await RawConnection.open(registry.url)
    const headers = ['Transfer-Encoding: chunked', 'Content-Type: application/json']
    connection.send(rawRequest('POST', `/agents/${OWN}/heartbeat`, { headers }) + chunks + ADMIN)
    expect((await connection.answer()).status).toBe(400)
    await connection.whenClosed()
    expect(await registry.victim()).toEqual(before)
  })
})

test('a body that looks like a request is none', async () => {
  const before = await registry.victim()
  const request = rawRequest('POST', `/agents/${OWN}/heartbeat`, { json: ADMIN })
  expect(await registry.exchange(request, 1)).toEqual([400])
  expect(await registry.victim()).toEqual(before)
})

test('a plain request leaves the next one of the connection to be executed', async () => {
  const request = rawRequest('POST', `/agents/${OWN}/heartbeat`)
  expect(await registry.exchange(request + ADMIN, 2)).toEqual([200, 200])
  expect(await registry.victim()).toBeUndefined()
})
