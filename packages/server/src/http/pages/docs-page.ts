import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { notFound } from '../requests/routing.ts'
import { DOCS_HEADERS } from '../responses/security-headers.ts'
import type { DocsAppOptions } from './docs-app.ts'
import { addPageHeaders } from './page-headers.ts'

/** Of the connection to the page, not of the page. */
const HOP_HEADERS = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
])

/**
 * Serves `/docs`: the OpenAPI document as an interactive page. Works without internet access. What serves it is loaded
 * with the first request: it took 60 ms of the processor, an eighth of the start.
 */
export async function docsPage(app: FastifyInstance, options: DocsAppOptions): Promise<void> {
  // The page is the same for all callers.
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, shows: 'nothing' }
  })
  addPageHeaders(app, DOCS_HEADERS)
  let loaded: Promise<FastifyInstance> | undefined
  const serve = async (request: FastifyRequest, reply: FastifyReply) => {
    loaded ??= load(options).catch((error) => {
      loaded = undefined
      throw error
    })
    const { url, headers } = request
    const page = await (await loaded).inject({ url, headers })
    if (page.statusCode >= 400) throw notFound(request)
    for (const [name, value] of Object.entries(page.headers)) {
      if (!HOP_HEADERS.has(name)) reply.header(name, value)
    }
    return reply.code(page.statusCode).send(page.rawPayload)
  }
  for (const path of ['/docs', '/docs/', '/docs/*']) app.get(path, serve)
}

async function load(options: DocsAppOptions): Promise<FastifyInstance> {
  const { docsApp } = await import('./docs-app.ts')
  return docsApp(options)
}
