import { AgentRegistryServer } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { expectProblem } from '../../../../test/http/support/problem-expectation.ts'
import { slowRequest } from './support/slow-request.ts'

/** Clients that send only a part of a request, and the Node timeout that applies to them. */
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
  'a client that is slow to send its %s',
  (_part, limit, milliseconds, beginning) => {
    test('has a timeout', () => {
      const { server } = new AgentRegistryServer('memory:').createApp()
      // Without one, a client that sends nothing would hold sockets and memory indefinitely.
      expect(server[limit]).toBe(milliseconds)
      // Node checks for such clients only at this interval.
      expect(server).toMatchObject({ connectionsCheckingInterval: 1000 })
    })

    test('receives a 408 after it', async () => {
      expectProblem(await slowRequest(beginning), 'REQUEST_TIMEOUT')
    })
  },
)
