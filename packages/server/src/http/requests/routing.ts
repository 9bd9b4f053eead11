import { ERROR_CODES } from '@rollcall/protocol'
import type {
  FastifyContextConfig,
  FastifyInstance,
  FastifyRequest,
  RouteHandlerMethod,
} from 'fastify'
import type { Operation, OperationId } from '../../operations/operation.ts'
import { type AgentReadId, OPERATIONS } from '../../operations/operations.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation that a route implements; metrics are labelled with it. */
    operationId?: OperationId
    /**
     * Whether a request is for a page or a file of it. Those are the same for everyone and contain nothing of the
     * registry, so their callers need not be known.
     */
    isForPage?: (request: FastifyRequest) => boolean
  }
}

/** Adds the route of an operation that shows no agents; `AgentReads.route` adds the others. */
export function route(
  app: FastifyInstance,
  operationId: Exclude<OperationId, AgentReadId>,
  handler: RouteHandlerMethod,
  config: Pick<FastifyContextConfig, 'isForPage'> = {},
): void {
  addRoute(app, operationId, handler, config)
}

/** Adds the route of any operation: for `route` and `AgentReads.route` only. */
export function addRoute(
  app: FastifyInstance,
  operationId: OperationId,
  handler: RouteHandlerMethod,
  config: Pick<FastifyContextConfig, 'isForPage'> = {},
): void {
  const operation: Operation = OPERATIONS[operationId]
  app.route({
    method: operation.method,
    url: routeOf(operation),
    config: { ...config, operationId },
    ...(operation.body && { bodyLimit: operation.body.maxBytes }),
    handler,
  })
}

function routeOf({ path }: Pick<Operation, 'path'>): string {
  return path.replaceAll(/\{(\w+)\}/g, ':$1')
}

/** Returns a pattern of the paths of an operation, whose path is in OpenAPI notation. */
export function pathPattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`)
}

type KnownRoute = Pick<Operation, 'method'> & { readonly pattern: RegExp; readonly url: string }

const KNOWN_ROUTES: readonly KnownRoute[] = [
  ...Object.values(OPERATIONS).map(({ method, path }) => ({
    method,
    pattern: pathPattern(path),
    url: routeOf({ path }),
  })),
  { method: 'GET', pattern: /^\/docs\/?$/, url: '/docs' },
]

/** Creates the error for an unknown route, or for a known one with a different method. */
export function notFound(request: FastifyRequest): HttpProblem {
  // What was sent: the prefix of ARD may be configured.
  const path = shorten(request.originalUrl.split('?', 1)[0])
  const methods = methodsOf(shorten(request.url.split('?', 1)[0]), request)
  if (methods.length === 0 || methods.includes(request.method)) {
    const bare = path.replace(/\/+$/, '')
    const remedy =
      methodsOf(bare, request).length > 0
        ? `Routes have no trailing slash; use ${bare}.`
        : ERROR_CODES.ROUTE_NOT_FOUND.remedy
    return new HttpProblem('ROUTE_NOT_FOUND', `${path} not found. ${remedy}`)
  }
  return new HttpProblem(
    'METHOD_NOT_ALLOWED',
    `${request.method} is not allowed on ${path}; use ${methods.join(' or ')}.`,
    { headers: { allow: methods.join(', ') } },
  )
}

/** Returns the methods of a path; empty if the path is unknown, or what it belongs to is turned off. */
function methodsOf(path: string, { server }: FastifyRequest): string[] {
  const methods = KNOWN_ROUTES.filter(
    ({ pattern, method, url }) => pattern.test(path) && server.hasRoute({ method, url }),
  ).map(({ method }) => method)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}
