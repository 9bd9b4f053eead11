import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { RequestHandler } from './request-handler.ts'

/**
 * Logs every request when its response was sent or the client has disconnected. It wraps all other
 * handlers, and is not created at all if such lines are disabled.
 */
export class RequestLog {
  readonly #log: FastifyBaseLogger
  readonly #idOf: (request: IncomingMessage) => string
  readonly #ids = new WeakMap<IncomingMessage, string>()

  /** @param idOf assigns an id to a request; called once per request */
  constructor(log: FastifyBaseLogger, idOf: (request: IncomingMessage) => string) {
    this.#log = log
    this.#idOf = idOf
  }

  /** Returns the id of a request, as in its log line and its error. */
  readonly idOf = (request: IncomingMessage): string => {
    const id = this.#ids.get(request) ?? this.#idOf(request)
    this.#ids.set(request, id)
    return id
  }

  /** Wraps a handler and logs its requests. */
  wrap(handler: RequestHandler): RequestHandler {
    return (request, response) => {
      const began = performance.now()
      // The socket does not know it after it is closed.
      const peer = request.socket.remoteAddress
      const line = { requestId: this.idOf(request), method: request.method, path: pathOf(request) }
      response.once('close', () => {
        const ms = Math.round((performance.now() - began) * 1000) / 1000
        const status = response.headersSent ? response.statusCode : undefined
        const message = response.writableFinished ? 'request' : 'request aborted'
        this.#log.debug({ ...line, status, ms, peer }, message)
      })
      return handler(request, response)
    }
  }

  /** Logs a malformed request; a reset connection is not one. */
  malformed({ code }: { readonly code?: string }, { remoteAddress: peer }: Socket): void {
    if (code !== 'ECONNRESET') this.#log.debug({ code, peer }, 'malformed request')
  }
}

/** Returns the path without the query, which may contain private data, and without credentials. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/^\w+:\/\/[^/?]*/, '').split('?', 1)[0] ?? ''
}
