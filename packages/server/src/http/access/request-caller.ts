import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../access/principal.ts'
import type { Caller } from '../../domain/caller.ts'

/** Returns who sends a request, for the store: a principal, or an anonymous caller and its address. */
export function callerOf({ principal, raw }: FastifyRequest): Caller {
  return callerIn(raw, principal)
}

/** Returns the same of a request that does not reach the framework. */
export function callerIn({ socket }: IncomingMessage, principal: Principal): Caller {
  // A principal is a caller: its heartbeats allocate nothing.
  if (principal.kind !== 'anonymous') return principal
  const { name, scope } = principal
  // Now: a connection that has closed meanwhile has no address.
  return { kind: 'anonymous', name, scope, address: socket.remoteAddress }
}
