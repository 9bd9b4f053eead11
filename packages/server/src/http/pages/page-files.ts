import type { FastifyInstance } from 'fastify'
import { notFound } from '../requests/routing.ts'
import { HttpProblem, sendProblem } from '../responses/problem.ts'
import { ProblemDialect } from '../responses/problem-dialect.ts'

/** Adds to every response of a plugin that serves a page and its files what they have in common. */
export function servePageFiles(
  app: FastifyInstance,
  headers: Readonly<Record<string, string>>,
): void {
  // Any invalid file name (too long, outside the folder, with a NUL) counts as not found.
  app.setErrorHandler((error, request, reply) => {
    sendProblem(error instanceof HttpProblem ? error : notFound(request), {
      ...{ request, reply },
      dialect: new ProblemDialect(),
    })
  })
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
}
