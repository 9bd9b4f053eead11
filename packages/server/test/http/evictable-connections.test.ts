import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { evictableConnections } from '../../src/http/connections/evictable-connections.ts'
import { OpenConnections } from '../../src/http/connections/open-connections.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

/** A server that responds to everything except `/wait`, and named connections to it. */
async function namedConnections() {
  const connections = new OpenConnections()
  const waiting: ServerResponse[] = []
  const server = connections.watch(
    createServer(({ url }, response) => {
      if (url === '/wait') waiting.push(response)
      else response.end('ok')
    }),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? Number(address?.port) : 0
  const names = new Map<Socket, string>()
  const clients: Socket[] = []
  return {
    connections,
    waiting,
    async open(name: string, options: { from?: string; request?: string } = {}) {
      const { from = '127.0.0.1', request = '' } = options
      const accepted = once(server, 'connection')
      const client = connect({ port, host: '127.0.0.1', localAddress: from })
      clients.push(client)
      client.write(request)
      const [socket] = (await accepted) as [Socket]
      names.set(socket, name)
      if (request === REQUEST) await once(client, 'data')
      return socket
    },
    /** Returns the connections to evict, in order, some milliseconds from now. */
    evictable: (inMs: number) =>
      evictableConnections(connections, performance.now() + inMs).map((it) => names.get(it)),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('unused connections go first, those of the client with the most, and the oldest first', async () => {
  await using it = await namedConnections()
  await it.open('used', { request: REQUEST })
  await it.open('alone', { from: '127.0.0.2' })
  await it.open('first')
  await it.open('second')
  expect(it.evictable(3_000)).toEqual(['first', 'second', 'alone', 'used'])
})

test('a new connection has time for its first request', async () => {
  await using it = await namedConnections()
  await it.open('new')
  expect(it.evictable(0)).toEqual([])
})

test('a connection that waits for a response is kept', async () => {
  await using it = await namedConnections()
  await it.open('waiting', { request: REQUEST.replace('/ ', '/wait ') })
  await eventually(() => it.waiting.length).toBe(1)
  expect(it.evictable(3_000)).toEqual([])
})

test('a connection that carried a heartbeat is kept for ten minutes', async () => {
  await using it = await namedConnections()
  const socket = await it.open('agent', { request: REQUEST })
  await eventually(() => it.evictable(3_000).length).toBe(1)
  it.connections.noteHeartbeat(socket)
  expect(it.evictable(500_000)).toEqual([])
  expect(it.evictable(700_000)).toEqual(['agent'])
})
