import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { VERSION } from '../../version.ts'
import { openApiDocument } from '../openapi/openapi-document.ts'
import { notFound } from '../requests/routing.ts'
import { HttpProblem, sendProblem } from '../responses/problem.ts'
import { PAGE_HEADERS } from '../responses/security-headers.ts'

/** Serves `/docs`: the OpenAPI document as an interactive page. Works without internet access. */
export async function docsPage(
  app: FastifyInstance,
  { publicUrl }: { publicUrl: string | undefined },
): Promise<void> {
  // Any invalid file name (too long, outside the folder, with a NUL) counts as not found.
  app.setErrorHandler((error, request, reply) => {
    sendProblem(error instanceof HttpProblem ? error : notFound(request), request, reply)
  })
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(PAGE_HEADERS)
    done()
  })
  // The page reads the document at `docs/json`, one level below the registry.
  const document = openApiDocument(VERSION, publicUrl ?? '../')
  await app.register(fastifySwagger, {
    mode: 'static',
    specification: { document: document as never },
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    // Files of the page are relative to it, whatever prefix a proxy has stripped.
    indexPrefix: '.',
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, validatorUrl: null },
    theme: {
      title: 'Rollcall HTTP API',
      css: [{ filename: 'rollcall.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  })
}
