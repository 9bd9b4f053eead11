import { connect } from 'node:net'
import { MemoryAgentRegistryRepository } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { registerMany } from '../../../../test/http/support/bulk-requests.ts'
import { eventually } from '../../../../test/http/support/eventually.ts'
import { largeFleet } from './support/large-fleet.ts'
import { PausingReader } from './support/pausing-reader.ts'
import { StreamingServer } from './support/streaming-server.ts'

/** A store whose position takes time to read, like that of a remote one. */
class SlowRepository extends MemoryAgentRegistryRepository {
  reads = 0
  gate: Promise<void> = Promise.resolve()

  override async counts() {
    this.reads++
    await this.gate
    return await super.counts()
  }
}

describe('a reader that disconnects', () => {
  test('is removed after it had caught up', async () => {
    await using server = await StreamingServer.start()
    const readers = Array.from({ length: 20 }, () => new PausingReader(server.baseUrl, ''))
    await eventually(() => server.readers()).toBe(20)
    for (const reader of readers) reader[Symbol.dispose]()
    await eventually(() => server.readers()).toBe(0)
  })

  test('is removed in the middle of a snapshot', async () => {
    await using server = await StreamingServer.start()
    await registerMany(server.baseUrl, largeFleet(1000))
    const reader = new PausingReader(server.baseUrl, 'snapshot=true')
    await eventually(() => reader.events.length).toBeGreaterThan(0)
    reader.pause()
    await eventually(() => server.longestBacklog).toBeGreaterThan(0)
    reader[Symbol.dispose]()
    await eventually(() => server.longestBacklog).toBe(0)
    // A later reader is served completely, and is the only one.
    using other = new PausingReader(server.baseUrl, 'snapshot=true')
    await eventually(() => other.last?.type).toBe('synced')
    expect(await server.readers()).toBe(1)
    expect(await server.drops('stalled')).toBe(0)
  })

  test('is removed before its stream has started', async () => {
    const repository = new SlowRepository()
    await using server = await StreamingServer.start(repository)
    const gate = Promise.withResolvers<void>()
    repository.gate = gate.promise
    const readsBefore = repository.reads
    const reader = new PausingReader(server.baseUrl, '')
    await eventually(() => repository.reads).toBeGreaterThan(readsBefore)
    reader[Symbol.dispose]()
    const connections = () =>
      new Promise((resolve) =>
        server.server.createApp().server.getConnections((_error, count) => resolve(count)),
      )
    await eventually(connections).toBe(0)
    gate.resolve()
    repository.gate = Promise.resolve()
    using other = new PausingReader(server.baseUrl, '')
    await eventually(() => other.last?.type).toBe('synced')
    expect(await server.readers()).toBe(1)
  })

  test('is removed even if it had sent an unexpected body', async () => {
    await using server = await StreamingServer.start()
    const reader = connect(Number(new URL(server.baseUrl).port), '127.0.0.1')
    const body = 'x'.repeat(400_000)
    reader.write(
      'GET /events HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\n' +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    )
    await eventually(() => server.readers()).toBe(1)
    reader.destroy()
    await eventually(() => server.readers()).toBe(0)
  })
})
