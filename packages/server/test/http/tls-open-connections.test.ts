import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { connect } from 'node:tls'
import { expect, test } from 'vitest'
import { authority } from '../../../../test/tls/support/authority.ts'
import { evictableConnections } from '../../src/http/connections/evictable-connections.ts'
import { OpenConnections } from '../../src/http/connections/open-connections.ts'

const HOUR_MS = 3_600_000

test('a TLS connection is one connection, whose heartbeats and responses are known', async () => {
  const certificates = authority()
  const connections = new OpenConnections()
  const server = connections.watch(
    createServer(certificates.issue(), (request, response) => {
      if (request.method === 'POST') connections.noteHeartbeat(request.socket)
      response.end('done')
    }),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const handshaking = connectTcp(port, '127.0.0.1')
  await expect.poll(() => connections.count).toBe(1)
  const clients = []
  for (const method of ['POST', 'GET']) {
    const client = connect({ port, host: '127.0.0.1', ca: certificates.cert })
    client.write(`${method} / HTTP/1.1\r\nHost: x\r\n\r\n`)
    await once(client, 'data')
    clients.push(client)
  }
  expect(connections.prune()).toBe(3)
  const [open, agent, reader] = [...connections].map(({ socket }) => socket)
  const now = performance.now()
  // The one without a request comes first; that with a heartbeat is kept for ten minutes.
  expect(evictableConnections(connections, now + 5000)).toEqual([open, reader])
  expect(evictableConnections(connections, now + HOUR_MS)).toEqual([open, agent, reader])
  for (const client of [handshaking, ...clients]) client.destroy()
  await expect.poll(() => connections.prune()).toBe(0)
  server.close()
  await once(server, 'close')
})
