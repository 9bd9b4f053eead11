import { ERROR_CODES } from '@rollcall/protocol'
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify'
import { OPERATIONS, type Operation, type OperationId } from '../../operations/operations.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The call of the wire contract that a route answers; metrics are kept by it. */
    operationId?: OperationId
  }
}

/** Puts a call of the wire contract in place. */
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

/** The refusal of an address that no route answers: unknown, or known for other methods. */
export function notFound(request: FastifyRequest): HttpProblem {
  const path = shorten(request.url.split('?', 1)[0])
  const methods = methodsOf(path)
  if (methods.length === 0 || methods.includes(request.method)) {
    const bare = path.replace(/\/+$/, '')
    const remedy =
      methodsOf(bare).length > 0
        ? `Addresses have no slash at their end: ${bare} is one.`
        : ERROR_CODES.ROUTE_NOT_FOUND.remedy
    return new HttpProblem('ROUTE_NOT_FOUND', `${path} not found. ${remedy}`)
  }
  return new HttpProblem(
    'METHOD_NOT_ALLOWED',
    `${request.method} is not possible on ${path}; use ${methods.join(' or ')}.`,
    { headers: { allow: methods.join(', ') } },
  )
}

/** The methods that an address takes; empty when there is no such address. */
function methodsOf(path: string): string[] {
  const methods = KNOWN_PATHS.filter(({ pattern }) => pattern.test(path)).flatMap((p) => p.methods)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}
