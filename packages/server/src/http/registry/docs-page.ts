import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { VERSION } from '../../version.ts'
import { openApiDocument } from '../openapi/openapi-document.ts'
import { notFound } from '../requests/routing.ts'
import { sendProblem } from '../responses/problem.ts'

/** The page needs nothing from elsewhere and talks to this registry only. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; " +
  "object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

/** `/docs`: the OpenAPI document as a page on which to try every call. Works without internet. */
export async function docsPage(
  app: FastifyInstance,
  { publicUrl }: { publicUrl: string | undefined },
): Promise<void> {
  // Whatever is wrong with a file name (too long, outside, with a NUL): there is no such file.
  app.setErrorHandler((_error, request, reply) => sendProblem(notFound(request), request, reply))
  // The page reads the document at `docs/json`, one step below the registry.
  const document = openApiDocument(VERSION, publicUrl ?? '../')
  await app.register(fastifySwagger, {
    mode: 'static',
    specification: { document: document as never },
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    // Files of the page are beside it, whatever prefix a proxy has stripped.
    indexPrefix: '.',
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, validatorUrl: null },
    staticCSP: CONTENT_SECURITY_POLICY,
    theme: {
      title: 'Rollcall: the HTTP interface',
      css: [{ filename: 'rollcall.css', content: '.swagger-ui .topbar { display: none }' }],
    },
  })
}
