import type { IncomingHttpHeaders, Server } from 'node:http'
import type { FastifyBaseLogger, FastifyReply, FastifyRequest } from 'fastify'
import { isLoopback } from '../../access/loopback.ts'
import { isForOwnPages } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import type { PublicDiscovery } from '../catalogs/catalog-settings.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'
import { Cors } from './cors.ts'
import { HostCheck } from './host-check.ts'
import { escapeHost } from './host-name.ts'
import { isCrossOrigin } from './request-origin.ts'

/** Methods that change nothing. */
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Maximum number of refused hosts that are logged, each once; any client can send any number. */
const MAX_LOGGED_HOSTS = 20

/** What {@link BrowserGuard} is made of; see `AgentRegistryServerOptions`. */
export interface BrowserGuardOptions {
  readonly allowedHosts: readonly string[]
  readonly corsOrigins: readonly string[]
  readonly publicUrl: string | undefined
  /** Default `none`. */
  readonly publicDiscovery?: PublicDiscovery | undefined
  readonly logger: FastifyBaseLogger
}

/**
 * Keeps web pages from acting against the registry through the browser of somebody who can reach it.
 * Programs need nothing of it; see docs/decisions/0021-browsers.md.
 */
export class BrowserGuard {
  readonly #hosts: HostCheck
  readonly #cors: Cors
  /** Pages of these origins may act: that of the public URL, and those that the operator allows. */
  readonly #ownOrigins: ReadonlySet<string>
  readonly #logger: FastifyBaseLogger
  readonly #loggedHosts = new Set<string>()

  constructor(options: BrowserGuardOptions) {
    const { allowedHosts, corsOrigins, publicUrl, publicDiscovery, logger } = options
    this.#hosts = new HostCheck(allowedHosts, publicUrl)
    this.#cors = new Cors(corsOrigins, publicDiscovery === 'agents')
    const publicOrigins = publicUrl === undefined ? [] : [new URL(publicUrl).origin]
    this.#ownOrigins = new Set([...publicOrigins, ...corsOrigins])
    this.#logger = logger
  }

  /** Allows the name or address at which the server is to listen. */
  allowHost(host: string): void {
    this.#hosts.add(host)
  }

  /** Applies the rules for where a server listens, once it does. */
  watch(server: Server): Server {
    return server.on('listening', () => {
      const address = server.address()
      // No browser connects to a socket in the file system.
      const ip = typeof address === 'string' ? undefined : address?.address
      this.#hosts.listen(ip !== undefined && isLoopback(ip))
    })
  }

  /** Whether a request is neither from a page nor to a foreign host; cheap, for the heartbeat fast path. */
  isPlain(headers: IncomingHttpHeaders): boolean {
    return (
      headers.origin === undefined &&
      headers['sec-fetch-site'] === undefined &&
      this.#hosts.admits(headers)
    )
  }

  /** Adds the headers by which a browser shows the response to a page of an allowed origin. */
  addHeaders(request: FastifyRequest, reply: FastifyReply): void {
    this.#cors.addHeaders(request, reply)
  }

  /** Responds to a preflight of an allowed origin. Returns false if the request is none. */
  answerPreflight(request: FastifyRequest, reply: FastifyReply): boolean {
    return this.#cors.answerPreflight(request, reply)
  }

  /** Returns the error of a request that a page may have caused, or undefined. */
  reject(request: FastifyRequest): HttpProblem | undefined {
    const { headers } = request
    if (!this.#hosts.admits(headers)) return this.#hostProblem(headers.host)
    // In this order: what the framework knows of a route takes as long as all else here.
    if (!isCrossOrigin(headers, this.#ownOrigins) || !mayAct(request)) return undefined
    const { origin = 'another origin' } = headers
    return new HttpProblem(
      'CROSS_ORIGIN',
      `A browser sent this request for a page at ${shorten(origin)}. ` +
        'Add its origin to --cors-origin if the page may use the registry.',
    )
  }

  #hostProblem(header = ''): HttpProblem {
    const host = shorten(escapeHost(header))
    if (this.#loggedHosts.size < MAX_LOGGED_HOSTS && !this.#loggedHosts.has(host)) {
      this.#loggedHosts.add(host)
      this.#logger.warn({ host }, 'refused a request to an unknown host; see --allowed-hosts')
    }
    return new HttpProblem(
      'HOST_NOT_ALLOWED',
      `The registry does not know itself as ${host}. Use its address, or add the name to --allowed-hosts.`,
    )
  }
}

/** Whether pages of other origins are refused. What they GET they cannot read, but a stream is kept open. */
function mayAct({ method, routeOptions }: FastifyRequest): boolean {
  const { operationId } = routeOptions.config
  if (operationId !== undefined) return isForOwnPages(OPERATIONS[operationId])
  return !SAFE_METHODS.has(method)
}
