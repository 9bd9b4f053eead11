import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { Principal } from '../../access/principal.ts'
import type { Caller } from '../../domain/caller.ts'

/** Returns who sends a request, for the store: a principal, or an anonymous caller and its address. */
export function callerOf({ principal, raw }: FastifyRequest): Caller {
  return callerIn(raw, principal)
}

/** Returns the same of a request that does not reach the framework. */
export function callerIn(request: IncomingMessage, principal: Principal): Caller {
  // A principal is a caller: no heartbeat allocates one.
  return principal.kind === 'anonymous' ? new AnonymousCaller(request, principal) : principal
}

/** An anonymous caller. Its address is found out only if the history needs it, which plain heartbeats do not. */
class AnonymousCaller implements Caller {
  readonly kind = 'anonymous'
  readonly name: string
  readonly scope: Caller['scope']
  readonly #request: IncomingMessage

  constructor(request: IncomingMessage, { name, scope }: Principal) {
    this.name = name
    this.scope = scope
    this.#request = request
  }

  get address(): string | undefined {
    return this.#request.socket.remoteAddress
  }
}
