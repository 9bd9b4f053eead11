import type { FastifyInstance } from 'fastify'

/** The hooks that Fastify runs for a request. */
const REQUEST_HOOKS: ReadonlySet<unknown> = new Set([
  'onRequest',
  'preParsing',
  'preValidation',
  'preHandler',
  'preSerialization',
  'onSend',
  'onResponse',
  'onError',
  'onTimeout',
  'onRequestAbort',
])

/**
 * Calls back when a request hook is added to an app from now on, by its user or by a plugin that shares
 * its scope. Hooks of an encapsulated plugin do not count: they never run for the registry's routes.
 */
export function watchRequestHooks(app: FastifyInstance, added: () => void): void {
  const { addHook } = app
  Object.assign(app, {
    addHook(this: FastifyInstance, ...parameters: unknown[]): FastifyInstance {
      if (this === app && REQUEST_HOOKS.has(parameters[0])) added()
      return Reflect.apply(addHook, this, parameters)
    },
  })
}
