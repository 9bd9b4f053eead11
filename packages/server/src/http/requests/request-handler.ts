import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * Handles a request. The promise resolves with true once the response was sent, or with false if the
 * request was passed to another handler. Returns undefined if it does not report either.
 */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<boolean> | undefined
