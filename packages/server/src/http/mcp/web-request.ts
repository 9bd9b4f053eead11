import type { FastifyReply, FastifyRequest } from 'fastify'

/** The SDK looks at the path of no request. */
const ANY_URL = 'http://rollcall.invalid/mcp'
/** What clients of MCP accept, and the SDK insists on. */
const ACCEPTED = 'application/json, text/event-stream'

/** Returns a request without its body as the SDK takes it; it is aborted when the client disconnects. */
export function webRequest(request: FastifyRequest, reply: FastifyReply): Request {
  const closed = new AbortController()
  reply.raw.once('close', () => closed.abort())
  return new Request(ANY_URL, {
    method: 'POST',
    headers: headersOf(request),
    signal: closed.signal,
  })
}

/** Returns the headers that MCP knows: the SDK is to see neither credentials nor anything else. */
function headersOf({ headers }: FastifyRequest): Headers {
  const known = new Headers()
  for (const [name, value] of Object.entries(headers)) {
    const isKnown = name === 'accept' || name === 'content-type' || name.startsWith('mcp-')
    if (isKnown && typeof value === 'string') known.set(name, value)
  }
  // Programs that say nothing, or `*/*`, as curl does, accept both.
  const accept = known.get('accept')
  if (accept === null || accept === '*/*') known.set('accept', ACCEPTED)
  return known
}
