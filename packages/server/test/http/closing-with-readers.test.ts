import { once } from 'node:events'
import { Agent, get, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { AgentRegistryServer } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../test/e2e/support/temporary-folder.ts'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { largeFleet } from './support/large-fleet.ts'

/** Agents whose list has nearly 4 MiB. */
const SIZE = 270

async function serverWithFleet(size: number) {
  const server = new AgentRegistryServer('memory:')
  const baseUrl = await server.listen({ port: 0 })
  await registerMany(baseUrl, largeFleet(size))
  return { server, baseUrl }
}

describe.each([
  ['that is sent in one write', 500],
  ['that is streamed', 900],
])('a list %s while the registry closes', (_name, size) => {
  test.concurrent('reaches its reader completely', async () => {
    const { server, baseUrl } = await serverWithFleet(size)
    const response = await fetch(`${baseUrl}/agents`)
    const closed = server.close()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect((await response.json()) as object[]).toHaveLength(size)
    await closed
  })

  test.concurrent('does not keep the registry from closing when its reader stalls', async () => {
    const { server, baseUrl } = await serverWithFleet(size)
    const reader = connect(Number(new URL(baseUrl).port), '127.0.0.1')
    reader.on('error', () => undefined)
    reader.write('GET /agents HTTP/1.1\r\nHost: x\r\n\r\n')
    await new Promise((resolve) => setTimeout(resolve, 200))
    const began = performance.now()
    await server.close()
    expect(performance.now() - began).toBeLessThan(5000)
    reader.destroy()
  })
})

// Node counts a connection as idle as soon as its response is written, even if it is still in the process.
describe.each([
  ['a list', '/agents'],
  ['a page of events', '/events?since=0&limit=1000'],
])('%s that is written, but waits in the process for its reader', (_name, path) => {
  test.concurrent('reaches it completely when the app closes', async ({ expect }) => {
    using folder = new TemporaryFolder()
    await using server = new AgentRegistryServer('memory:')
    const app = server.createApp()
    let inProcess = (): number => 0
    app.server.once('connection', (socket: Socket) => {
      inProcess = () => socket.writableLength
    })
    // For a socket in a folder the system buffers little; for a TCP connection it may be all of it.
    const socketPath = folder.file('socket')
    await app.listen({ path: socketPath })
    // Below the size from which lists are written in parts.
    for (const payload of largeFleet(SIZE)) {
      const { statusCode } = await app.inject({ method: 'POST', url: '/agents/register', payload })
      expect(statusCode).toBe(200)
    }
    const connections = new Agent({ keepAlive: true })
    const request = get({ socketPath, path, agent: connections })
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    await eventually(() => inProcess(), expect).toBeGreaterThan(0)
    // Unlike the server's, it has no deadline at which all connections are closed.
    const closed = app.close()
    // Longer than the time between two checks for idle connections.
    await sleep(300)
    expect(inProcess()).toBeGreaterThan(0)
    expect(await json(response)).toHaveLength(SIZE)
    await closed
    connections.destroy()
  })
})
