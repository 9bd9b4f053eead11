import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { evictableConnections } from '../../src/http/connections/evictable-connections.ts'
import { OpenConnections } from '../../src/http/connections/open-connections.ts'

const REQUEST = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

/** A server that answers everything but `/wait`, and connections to it by name. */
async function crowd() {
  const connections = new OpenConnections()
  const waiting: ServerResponse[] = []
  const server = connections.watch(
    createServer(({ url }, response) => {
      if (url === '/wait') waiting.push(response)
      else response.end('well')
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
    /** Those to be closed, in order, so many milliseconds from now. */
    dispensable: (inMs: number) =>
      evictableConnections(connections, performance.now() + inMs).map((it) => names.get(it)),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

test('silent connections go first, of the largest crowd, and the oldest first', async () => {
  await using it = await crowd()
  await it.open('used', { request: REQUEST })
  await it.open('alone', { from: '127.0.0.2' })
  await it.open('first')
  await it.open('second')
  expect(it.dispensable(3_000)).toEqual(['first', 'second', 'alone', 'used'])
})

test('a connection that is new has a moment for its first request', async () => {
  await using it = await crowd()
  await it.open('new')
  expect(it.dispensable(0)).toEqual([])
})

test('a connection that waits for a response is kept', async () => {
  await using it = await crowd()
  await it.open('waiting', { request: REQUEST.replace('/ ', '/wait ') })
  await eventually(() => it.waiting.length).toBe(1)
  expect(it.dispensable(3_000)).toEqual([])
})

test('a connection that carried a heartbeat is kept for some minutes', async () => {
  await using it = await crowd()
  const socket = await it.open('agent', { request: REQUEST })
  await eventually(() => it.dispensable(3_000).length).toBe(1)
  it.connections.noteHeartbeat(socket)
  expect(it.dispensable(500_000)).toEqual([])
  expect(it.dispensable(700_000)).toEqual(['agent'])
})
