import { connect } from 'node:net'
import {
  type AgentQuery,
  type AgentRecord,
  AgentRegistryServer,
  type HistoryOptions,
  MemoryAgentRegistryRepository,
  type ReadOptions,
} from '@rollcall/server'
import { expect, test, vi } from 'vitest'

/** A store whose reads never end unless they are aborted. */
class EndlessRepository extends MemoryAgentRegistryRepository {
  begun = 0
  ended = 0

  override async *listAll(_query?: AgentQuery, options: ReadOptions = {}) {
    yield await this.#untilAborted<readonly AgentRecord[]>(options)
  }

  override eventsSince(_revision: number, _limit?: number, options: ReadOptions = {}) {
    return this.#untilAborted<never>(options)
  }

  override historyOf(_agentId: string, options: HistoryOptions = {}) {
    return this.#untilAborted<never>(options)
  }

  #untilAborted<T>({ signal }: ReadOptions): Promise<T> {
    this.begun++
    return new Promise<T>((_, reject) => {
      signal?.addEventListener('abort', () => {
        this.ended++
        reject(signal.reason)
      })
    })
  }
}

test.each([
  '/agents?q=zz',
  '/agents?sort=-load&limit=10',
  '/sd/prometheus?q=zz',
  '/agents/some-id/events',
  '/events?since=0&q=zz',
])('GET %s ends when its client disconnects', async (path) => {
  await using repository = new EndlessRepository()
  await using server = new AgentRegistryServer('memory:', { repository })
  const { port } = new URL(await server.listen({ port: 0 }))
  const sockets = Array.from({ length: 3 }, () =>
    connect(Number(port), '127.0.0.1').on('error', () => undefined),
  )
  for (const socket of sockets) socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
  await vi.waitFor(() => expect(repository.begun).toBe(3), { timeout: 30_000 })
  expect(repository.ended).toBe(0)
  for (const socket of sockets) socket.destroy()
  await vi.waitFor(() => expect(repository.ended).toBe(3), { timeout: 30_000 })
})
