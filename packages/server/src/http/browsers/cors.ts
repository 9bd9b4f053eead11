import type { FastifyReply, FastifyRequest } from 'fastify'
import { OPEN_OPERATIONS, PUBLIC_OPERATIONS } from '../../operations/catalog-operations.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { pathPattern } from '../requests/routing.ts'

/** Seconds for which browsers may remember a preflight; no browser remembers it for longer. */
const MAX_AGE_SECONDS = 86_400

const METHODS = [...new Set(Object.values(OPERATIONS).map(({ method }) => method)), 'HEAD']

/** The headers of responses that pages may read, in addition to those that are always readable. */
const EXPOSED_HEADERS = [
  ...new Set([
    ...Object.values(OPERATIONS).flatMap(({ responseHeaders = {} }) =>
      Object.keys(responseHeaders),
    ),
    ...['ETag', 'Retry-After', 'Allow', 'WWW-Authenticate'],
  ]),
].join(', ')

/** The addresses that pages of all origins may read, with any header: clients of A2A send `A2A-Version`. */
const OPEN_PATHS = OPEN_OPERATIONS.map((id) => pathPattern(OPERATIONS[id].path))
const PUBLIC_PATHS = PUBLIC_OPERATIONS.map((id) => pathPattern(OPERATIONS[id].path))

/** Responds to a preflight for a read that all pages may make. Returns false if it is for another request. */
function answerAnyPage(
  { headers, url }: FastifyRequest,
  reply: FastifyReply,
  paths: readonly RegExp[],
): boolean {
  const method = headers['access-control-request-method'] ?? ''
  const [path = ''] = url.split('?', 1)
  if (!['GET', 'HEAD'].includes(method) || !paths.some((open) => open.test(path))) return false
  reply
    .code(204)
    .header('access-control-allow-origin', '*')
    .header('access-control-allow-methods', 'GET, HEAD')
    .header('access-control-allow-headers', headers['access-control-request-headers'] ?? '*')
    .header('access-control-max-age', MAX_AGE_SECONDS)
    .send()
  return true
}

/** Cross-origin resource sharing: lets pages of the given origins use the registry. */
export class Cors {
  readonly #origins: ReadonlySet<string>
  readonly #openPaths: readonly RegExp[]

  /**
   * @param origins such as `https://app.example`; none: no page of another origin can
   * @param areAgentsPublic whether all pages may read manifests and the MCP Registry API
   */
  constructor(origins: readonly string[], areAgentsPublic: boolean) {
    this.#origins = new Set(origins)
    this.#openPaths = areAgentsPublic ? [...OPEN_PATHS, ...PUBLIC_PATHS] : OPEN_PATHS
  }

  /** Adds the headers by which a browser shows the response to a page; none if no origin is allowed. */
  addHeaders({ headers }: FastifyRequest, reply: FastifyReply): void {
    if (this.#origins.size === 0) return
    // A cache must not give the response for one origin to a page of another.
    reply.header('vary', 'Origin')
    const { origin } = headers
    if (origin === undefined || !this.#origins.has(origin)) return
    reply
      .header('access-control-allow-origin', origin)
      .header('access-control-expose-headers', EXPOSED_HEADERS)
  }

  /**
   * Responds to a preflight of an allowed origin: browsers ask so before every request that a form could
   * not send. Returns false if the request is none.
   */
  answerPreflight(request: FastifyRequest, reply: FastifyReply): boolean {
    if (request.method !== 'OPTIONS') return false
    const { headers } = request
    const { origin } = headers
    if (headers['access-control-request-method'] === undefined) return false
    if (origin === undefined) return false
    if (!this.#origins.has(origin)) {
      return answerAnyPage(request, reply, this.#openPaths)
    }
    // An allowed page may send any header: a header alone gives it nothing that it could not do without.
    const requested = headers['access-control-request-headers']
    if (requested !== undefined) reply.header('access-control-allow-headers', requested)
    reply
      .code(204)
      .header('access-control-allow-methods', METHODS.join(', '))
      .header('access-control-max-age', MAX_AGE_SECONDS)
      .send()
    return true
  }
}
