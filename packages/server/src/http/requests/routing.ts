import { ERROR_CODES } from '@rollcall/protocol'
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify'
import type { Operation, OperationId } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The operation that a route implements; metrics are labelled with it. */
    operationId?: OperationId
  }
}

/** Adds the route of an operation. */
export function route(
  app: FastifyInstance,
  operationId: OperationId,
  handler: RouteHandlerMethod,
): void {
  const operation: Operation = OPERATIONS[operationId]
  app.route({
    method: operation.method,
    url: operation.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    config: { operationId },
    ...(operation.body && { bodyLimit: operation.body.maxBytes }),
    handler,
  })
}

const KNOWN_PATHS = Map.groupBy(Object.values(OPERATIONS), ({ path }) => path)
  .entries()
  .map(([path, operations]) => ({
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`),
    methods: operations.map(({ method }): Operation['method'] => method),
  }))
  .toArray()
  .concat({ pattern: /^\/docs\/?$/, methods: ['GET'] })

/** Creates the error for an unknown route, or for a known one with a different method. */
export function notFound(request: FastifyRequest): HttpProblem {
  const path = shorten(request.url.split('?', 1)[0])
  const methods = methodsOf(path)
  if (methods.length === 0 || methods.includes(request.method)) {
    const bare = path.replace(/\/+$/, '')
    const remedy =
      methodsOf(bare).length > 0
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

/** Returns the methods of a path; empty if the path is unknown. */
function methodsOf(path: string): string[] {
  const methods = KNOWN_PATHS.filter(({ pattern }) => pattern.test(path)).flatMap((p) => p.methods)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}
