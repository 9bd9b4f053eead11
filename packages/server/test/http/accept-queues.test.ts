// Several sockets listen on the address of a registry and must together behave as one.
import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import { describe, expect, onTestFinished, test } from 'vitest'
import { AgentRegistryServer } from '../../src/agent-registry-server.ts'
import { AcceptQueues } from '../../src/http/connections/accept-queues.ts'

/** On other platforms one socket listens, and one connection is accepted per round. */
const MIN_PER_ROUND = process.platform === 'linux' ? 2 : 0.5

async function startRegistry(): Promise<{ server: AgentRegistryServer; port: number }> {
  const server = new AgentRegistryServer('memory:')
  onTestFinished(() => server.close())
  const url = await server.listen({ port: 0 })
  return { server, port: Number(new URL(url).port) }
}

/** Opens connections that the system has established, but the server has not necessarily accepted. */
async function connectAll(port: number, count: number): Promise<Socket[]> {
  const sockets = Array.from({ length: count }, () => connect(port, '127.0.0.1'))
  for (const socket of sockets) socket.on('error', () => undefined)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
  })
  await Promise.all(sockets.map((socket) => once(socket, 'connect')))
  return sockets
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

test('many connections are accepted in few iterations of the event loop', async () => {
  const { server, port } = await startRegistry()
  const count = 400
  let accepted = 0
  server.createApp().server.on('connection', () => accepted++)
  let rounds = 0
  const connected = connectAll(port, count)
  while (accepted < count) {
    await new Promise(setImmediate)
    rounds++
  }
  await connected
  expect(rounds).toBeLessThan(count / MIN_PER_ROUND)
})

test('all connections count towards the limit', async () => {
  const { server, port } = await startRegistry()
  const http = server.createApp().server
  http.maxConnections = 10
  let dropped = 0
  http.on('drop', () => dropped++)
  const sockets = await connectAll(port, 50)
  await expect.poll(() => dropped).toBe(40)
  await expect.poll(() => sockets.filter(({ closed }) => closed).length).toBe(40)
  const openCount = () => new Promise((resolve) => http.getConnections((_, n) => resolve(n)))
  expect(await openCount()).toBe(10)
  for (const socket of sockets) socket.destroy()
  await expect.poll(openCount).toBe(0)
})

describe('a registry that is stopping', () => {
  test('completes the requests in flight on all its connections', async () => {
    const { server, port } = await startRegistry()
    const sockets = await connectAll(port, 40)
    const responses = sockets.map(async (socket) => {
      let text = ''
      for await (const bytes of socket) text += bytes
      return text
    })
    let begun = 0
    server.createApp().server.on('request', () => begun++)
    const body = '{"agent_ids":["a"]}'
    const head = `POST /agents/heartbeats HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`
    for (const socket of sockets) socket.write(head)
    await expect.poll(() => begun).toBe(40)
    const closing = server.close()
    await new Promise((resolve) => setTimeout(resolve, 100))
    for (const socket of sockets) socket.write(body)
    await closing
    for (const response of await Promise.all(responses)) expect(response).toMatch(/^HTTP\/1.1 200 /)
  })

  test('accepts no more connections', async () => {
    const { server, port } = await startRegistry()
    await server.close()
    const refusals = Array.from({ length: 20 }, async () => {
      const [error] = await once(connect(port, '127.0.0.1'), 'error')
      return error.code
    })
    expect(new Set(await Promise.all(refusals))).toEqual(new Set(['ECONNREFUSED']))
  })
})

describe('a port in use', () => {
  test('is not available to a second registry', async () => {
    const { port } = await startRegistry()
    const second = new AgentRegistryServer('memory:')
    onTestFinished(() => second.close())
    await expect(second.listen({ port })).rejects.toThrow(/EADDRINUSE/)
  })

  test('is not available to a second registry that starts at the same moment', async () => {
    const port = await freePort()
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    const first = new SlowStart(gate)
    const address = { host: '127.0.0.1', port }
    const starts = Promise.allSettled([
      new AcceptQueues().listen(first.app, address),
      first.isStarting.then(() => new AcceptQueues().listen(newApp(), address)),
    ])
    await first.isStarting
    await new Promise((resolve) => setTimeout(resolve, 200))
    open()
    const [one, other] = await starts
    expect(one).toMatchObject({ status: 'fulfilled' })
    expect(other).toMatchObject({ status: 'rejected', reason: { code: 'EADDRINUSE' } })
  })
})

function newApp(): FastifyInstance {
  const app = Fastify()
  onTestFinished(() => app.close())
  return app
}

/** An app that listens only once the gate opens. */
class SlowStart {
  readonly app = newApp()
  readonly isStarting: Promise<void>

  constructor(gate: Promise<void>) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.isStarting = promise
    const listen = this.app.listen.bind(this.app) as (options: object) => Promise<string>
    Reflect.set(this.app, 'listen', async (options: object) => {
      resolve()
      await gate
      return listen(options)
    })
  }
}
