import { OPERATIONS, type Operation, type OperationId } from '@rollcall/protocol'
import type { FastifyInstance, RouteHandlerMethod } from 'fastify'

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
    methods: operations.map(({ method }) => method),
  }))
  .toArray()

/** The methods that an address takes; empty when there is no such address. */
export function methodsOf(path: string): string[] {
  const methods = KNOWN_PATHS.filter(({ pattern }) => pattern.test(path)).flatMap((p) => p.methods)
  return [...new Set(methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])))]
}
