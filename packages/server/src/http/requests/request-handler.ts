import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Takes a request. What it returns resolves with true once the request is answered, or with false when
 * another handler has taken it; undefined: it says nothing about that.
 */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<boolean> | undefined
