import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { FastifyServerOptions } from 'fastify'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { ServerTls } from '../tls/server-tls.ts'
import type { OpenConnections } from './open-connections.ts'

/** Milliseconds between two checks for requests that arrive too slowly; Node's default is 30 s. */
const TIMEOUT_CHECK_MS = 1000

/**
 * Creates a Node server that does not send error responses itself: Node's own responses to a missing
 * `Host` and an unknown `Expect` have no body.
 *
 * @param parts.tls makes it speak TLS; undefined: HTTP without it
 */
export function httpServer(
  options: FastifyServerOptions,
  handler: RequestListener,
  { tls, connections }: { tls: ServerTls | undefined; connections: OpenConnections },
): Server {
  const overrides: ServerOptions = {
    requireHostHeader: false,
    headersTimeout: SERVER_LIMITS.headersSeconds.value * 1000,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  }
  const settings = { ...options, ...overrides } as ServerOptions
  const server =
    tls?.createServer(settings, { handler, connections }) ?? createServer(settings, handler)
  return server.on('checkExpectation', handler)
}
