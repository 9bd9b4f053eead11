import { AgentRegistryServer } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import { slowRequest } from './support/slow-request.ts'

/** Clients that send a part of a request, and the limit of Node that ends their patience. */
const SLOW = [
  ['headers', 'headersTimeout', 10_000, 'GET /health HTTP/1.1\r\nHost: x\r\nX-Slow:'],
  [
    'body',
    'requestTimeout',
    30_000,
    'POST /agents/register HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
      'Content-Length: 9\r\n\r\n{',
  ],
] as const

describe.each(SLOW)(
  'a client that dawdles over its %s',
  (_part, limit, milliseconds, beginning) => {
    test('has a limit to it', () => {
      const { server } = new AgentRegistryServer('memory:').createApp()
      // Without one, a client that sends nothing holds sockets and memory for ever.
      expect(server[limit]).toBe(milliseconds)
      // And Node looks for such clients only so often.
      expect(server).toMatchObject({ connectionsCheckingInterval: 1000 })
    })

    test('is answered with 408 beyond it', async () => {
      expectProblem(await slowRequest(beginning), 'REQUEST_TIMEOUT')
    })
  },
)
