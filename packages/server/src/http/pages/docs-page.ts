import fastifySwagger from '@fastify/swagger'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { FastifyInstance } from 'fastify'
import { VERSION } from '../../version.ts'
import { type DocumentedRegistry, openApiDocument } from '../openapi/openapi-document.ts'
import { DOCS_HEADERS } from '../responses/security-headers.ts'
import { servePageFiles } from './page-files.ts'

/** Serves `/docs`: the OpenAPI document as an interactive page. Works without internet access. */
export async function docsPage(
  app: FastifyInstance,
  { publicUrl, documented }: { publicUrl: string | undefined; documented: DocumentedRegistry },
): Promise<void> {
  // The page is the same for all callers.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, shows: 'nothing' }
  })
  servePageFiles(app, DOCS_HEADERS)
  let document: object | undefined
  // Made when it is read first: it takes 16 ms, a thirtieth of the start.
  const toJSON = () => {
    // The page reads it at `docs/json`, one level below the registry.
    document ??= openApiDocument(VERSION, publicUrl ?? '../', documented)
    return document
  }
  await app.register(fastifySwagger, {
    mode: 'static',
    specification: { document: { toJSON } as never },
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
