import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import { openApiDocument } from '@rollcall/protocol'
import type { FastifyInstance } from 'fastify'
import { VERSION } from '../version.ts'

/** `/docs`: the OpenAPI document as a page on which to try every call. Works without internet. */
export async function docsPage(app: FastifyInstance): Promise<void> {
  const document = openApiDocument(VERSION)
  await app.register(fastifySwagger, {
    mode: 'static',
    specification: { document: document as never },
  })
  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    uiConfig: { docExpansion: 'list', tryItOutEnabled: true, validatorUrl: null },
    theme: { title: 'Rollcall: the HTTP interface' },
  })
}
