import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import { rawExchange } from '../../../../test/http/support/raw-connection.ts'

/** A custom store that lacks an `async`: its methods throw synchronously. */
class ThrowingRepository extends MemoryAgentRegistryRepository {
  override get(): never {
    throw new Error('thrown, not rejected')
  }

  override updateHeartbeat(): never {
    throw new Error('thrown, not rejected')
  }
}

test.each([
  'GET /agents/some-id',
  'POST /agents/some-id/heartbeat',
  'POST /agents/some%2did/heartbeat',
])(
  'a store that throws instead of rejecting fails one request, not the process: %s',
  async (line) => {
    await using repository = new ThrowingRepository()
    await using server = new AgentRegistryServer('memory:', { repository })
    const baseUrl = await server.listen({ port: 0 })
    const response = await rawExchange(baseUrl, `${line} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expectProblem(response, 'INTERNAL_ERROR')
    expect((await fetch(`${baseUrl}/health/live`)).status).toBe(200)
  },
)
