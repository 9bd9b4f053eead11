import { AgentRegistryServer, MemoryAgentRegistryRepository } from '@rollcall/server'
import { expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import { rawExchange } from '../../../../test/http/support/raw-connection.ts'

/** A store of somebody who forgot an `async`: its methods throw before there is any promise. */
class CarelessRepository extends MemoryAgentRegistryRepository {
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
    await using repository = new CarelessRepository()
    await using server = new AgentRegistryServer('memory:', { repository })
    const baseUrl = await server.listen({ port: 0 })
    const answer = await rawExchange(baseUrl, `${line} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expectProblem(answer, 'INTERNAL_ERROR')
    expect((await fetch(`${baseUrl}/health/live`)).status).toBe(200)
  },
)
