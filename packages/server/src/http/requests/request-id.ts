import type { IncomingMessage } from 'node:http'

const REQUEST_ID = /^[\w.-]{1,128}$/
let requests = 0

/** Returns the `X-Request-Id` of a client or proxy if it is harmless; otherwise generates an id. */
export function requestId(request: IncomingMessage): string {
  const id = request.headers['x-request-id']
  return typeof id === 'string' && REQUEST_ID.test(id) ? id : `req-${++requests}`
}
