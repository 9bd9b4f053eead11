import { EventEmitter, once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { authority } from '../../../../test/tls/support/authority.ts'
import { OpenConnections } from '../../src/http/connections/open-connections.ts'
import { SlowReaders } from '../../src/http/connections/slow-readers.ts'

/** How clients and server connect. */
interface Transport {
  readonly name: string
  createServer(handler: RequestListener): Server
  connect(port: number): Socket
  /** The event of a server with the socket that its requests come on. */
  readonly connected: 'connection' | 'secureConnection'
}

const certificates = authority()
const ofServer = certificates.issue()

const TRANSPORTS: readonly Transport[] = [
  {
    name: 'TCP',
    createServer: (handler) => createServer(handler),
    connect: (port) => connect(port, '127.0.0.1'),
    connected: 'connection',
  },
  {
    name: 'TLS',
    createServer: (handler) => createTlsServer(ofServer, handler),
    connect: (port) => connectTls({ port, host: '127.0.0.1', ca: certificates.cert }),
    connected: 'secureConnection',
  },
]

/** A server that sends 20 MB in one write, and a client that reads only when the test does. */
async function largeResponse(transport: Transport) {
  const connections = new OpenConnections()
  const disconnected: Socket[] = []
  const disconnect = (socket: Socket) => disconnected.push(socket)
  const readers = new SlowReaders({ connections, disconnect })
  const server = connections.watch(
    transport.createServer((_request, response) => response.end(BODY)),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? Number(address?.port) : 0
  const client = transport.connect(port)
  const connected = once(server, transport.connected)
  client.pause()
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  const [serverSide] = (await connected) as [Socket]
  await eventually(() => serverSide.writableLength).toBeGreaterThan(0)
  return {
    readers,
    disconnected,
    client,
    serverSide,
    async [Symbol.asyncDispose]() {
      client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Slow clients are disconnected in the iterations of the event loop after the check. */
const round = () => new Promise(setImmediate)

const BODY = Buffer.alloc(20_000_000, 'x')

/** Reads a number of bytes, and then pauses. */
async function read(client: Socket, bytes: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let received = 0
  const receive = (chunk: Buffer) => {
    received += chunk.length
    if (received < bytes) return
    client.off('data', receive).pause()
    resolve()
  }
  client.on('data', receive).resume()
  await promise
}

describe.each(TRANSPORTS)('over $name', (transport) => {
  test('a client that reads nothing for ten seconds is disconnected', async () => {
    await using it = await largeResponse(transport)
    it.readers.check(0)
    it.readers.check(9_999)
    await round()
    expect(it.disconnected).toEqual([])
    it.readers.check(10_000)
    await round()
    expect(it.disconnected).toEqual([it.serverSide])
  })

  test('a client that reads a part of one large write is not', async () => {
    await using it = await largeResponse(transport)
    it.readers.check(0)
    const before = it.serverSide.writableLength
    await read(it.client, 12_000_000)
    it.readers.check(10_000)
    expect(it.serverSide.writableLength).toBe(before)
    // Without a pause, during which the system would buffer more.
    it.readers.check(20_000)
    await round()
    expect(it.disconnected).toEqual([it.serverSide])
  })

  test('a client that has read everything is not', async () => {
    await using it = await largeResponse(transport)
    it.readers.check(0)
    await read(it.client, BODY.length)
    await eventually(() => it.serverSide.writableLength).toBe(0)
    it.readers.check(10_000)
    it.readers.check(20_000)
    await round()
    expect(it.disconnected).toEqual([])
  })
})

test('of many slow clients, a few are disconnected per round', async () => {
  const connections = new OpenConnections()
  const disconnected: unknown[] = []
  const disconnect = (socket: Socket) => disconnected.push(socket)
  const readers = new SlowReaders({ connections, disconnect })
  const server = connections.watch(new EventEmitter() as Server)
  const sockets = Array.from({ length: 100 }, () => ({ writableLength: 9, bytesWritten: 0 }))
  for (const socket of sockets) server.emit('connection', socket as Socket)
  readers.check(0)
  readers.check(10_000)
  expect(disconnected).toEqual([])
  await round()
  expect(disconnected.length).toBeLessThan(20)
  await eventually(() => disconnected.length).toBe(100)
  expect(disconnected).toEqual(sockets)
})
