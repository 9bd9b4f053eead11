import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyBaseLogger } from 'fastify'
import type { RequestHandler } from './request-handler.ts'

/**
 * Writes a line for every request when it has been answered, or when the client is gone. It stands
 * before everything else, or, where such lines are off, is not there at all.
 */
export class RequestLog {
  readonly #log: FastifyBaseLogger
  readonly #idOf: (request: IncomingMessage) => string
  readonly #ids = new WeakMap<IncomingMessage, string>()

  /** @param idOf gives a request its id, once */
  constructor(log: FastifyBaseLogger, idOf: (request: IncomingMessage) => string) {
    this.#log = log
    this.#idOf = idOf
  }

  /** The id that the line of a request names, and so does its error. */
  readonly idOf = (request: IncomingMessage): string => {
    const id = this.#ids.get(request) ?? this.#idOf(request)
    this.#ids.set(request, id)
    return id
  }

  /** The given handler, with lines written of what it does. */
  before(handler: RequestHandler): RequestHandler {
    return (request, response) => {
      const began = performance.now()
      // Afterwards the socket no longer knows.
      const peer = request.socket.remoteAddress
      const line = { requestId: this.idOf(request), method: request.method, path: pathOf(request) }
      response.once('close', () => {
        const ms = Math.round((performance.now() - began) * 1000) / 1000
        const status = response.headersSent ? response.statusCode : undefined
        const how = response.writableFinished ? 'request' : 'request broken off'
        this.#log.debug({ ...line, status, ms, peer }, how)
      })
      return handler(request, response)
    }
  }

  /** What came was no request of HTTP; a connection that ended was none at all. */
  unreadable({ code }: { readonly code?: string }, { remoteAddress: peer }: Socket): void {
    if (code !== 'ECONNRESET') this.#log.debug({ code, peer }, 'request cannot be read')
  }
}

/** Without the query, which may hold private data, and without a user in front. */
function pathOf({ url = '' }: IncomingMessage): string {
  return url.replace(/^\w+:\/\/[^/?]*/, '').split('?', 1)[0] ?? ''
}
