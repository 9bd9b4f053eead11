import type { FastifyInstance } from 'fastify'

/** Adds headers to every response of a plugin that serves a page and its files. */
export function addPageHeaders(
  app: FastifyInstance,
  headers: Readonly<Record<string, string>>,
): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}
