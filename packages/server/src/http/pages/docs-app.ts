import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import Fastify, { type FastifyInstance } from 'fastify'
import { VERSION } from '../../version.ts'
import { type DocumentedRegistry, openApiDocument } from '../openapi/openapi-document.ts'

/** What the page shows. */
export interface DocsAppOptions {
  readonly publicUrl: string | undefined
  readonly documented: DocumentedRegistry
}

/** Creates the app of the interactive documentation, which listens nowhere. */
export async function docsApp({ publicUrl, documented }: DocsAppOptions): Promise<FastifyInstance> {
  const app = Fastify()
  // The page reads the document at `docs/json`, one level below the registry.
  const document = openApiDocument(VERSION, publicUrl ?? '../', documented)
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
  // Fails here if a file of the page cannot be read.
  await app.ready()
  return app
}
