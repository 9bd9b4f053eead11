import type { FastifyReply, FastifyRequest } from 'fastify'
import { LEASE_OPERATIONS } from '../../operations/lease-operations.ts'
import { isFromBrowser } from '../browsers/request-origin.ts'
import { BROWSER_HEADERS, SECURITY_HEADERS } from './security-headers.ts'

/**
 * Prevents browsers from guessing types, and caches from storing responses that are soon stale. The
 * documentation page has its own rules. Successful responses to agents have no such headers: no cache
 * stores the response to a POST, no browser requests it, and they take 3 % of the time of a registration.
 */
export function addSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  if (LEASE_OPERATIONS.has(request.routeOptions.config.operationId)) return
  if (request.url.startsWith('/docs')) return
  reply.headers(SECURITY_HEADERS)
  if (isFromBrowser(request.headers)) reply.headers(BROWSER_HEADERS)
}
