import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import fastifyStatic from '@fastify/static'
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { notFound } from '../requests/routing.ts'
import { HttpProblem, sendProblem } from '../responses/problem.ts'
import { ProblemDialect } from '../responses/problem-dialect.ts'
import { DASHBOARD_HEADERS } from '../responses/security-headers.ts'
import { addPageHeaders } from './page-headers.ts'

/** What `packages/dashboard` is built into; the same folder for the sources and for the build. */
const FOLDER = fileURLToPath(new URL('../../../dashboard/', import.meta.url))

/** A year in milliseconds: the names of the files change with their content. */
const MAX_AGE_MS = 365 * 24 * 60 * 60 * 1000

/** The page for humans, which browsers get at the root of the registry. */
export class Dashboard {
  readonly #page: string

  private constructor(page: string) {
    this.#page = page
  }

  /** Serves the files of the page. Returns undefined, and logs it, if the page has not been built. */
  static async register(
    app: FastifyInstance,
    logger: FastifyBaseLogger,
  ): Promise<Dashboard | undefined> {
    try {
      const page = await readFile(`${FOLDER}index.html`, 'utf8')
      await app.register(dashboardFiles)
      return new Dashboard(page)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        logger.warn('the dashboard was not built, so it is not served: npm run build')
      } else logger.warn({ err: error }, 'the dashboard cannot be read, so it is not served')
      return undefined
    }
  }

  send(reply: FastifyReply): void {
    reply
      .headers(DASHBOARD_HEADERS)
      .header('cache-control', 'no-cache')
      .type('text/html; charset=utf-8')
      .send(this.#page)
  }
}

async function dashboardFiles(app: FastifyInstance): Promise<void> {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, isForPage: () => true }
  })
  addPageHeaders(app, DASHBOARD_HEADERS)
  // Any invalid file name (too long, outside the folder, with a NUL) counts as not found.
  app.setErrorHandler((error, request, reply) => {
    sendProblem(error instanceof HttpProblem ? error : notFound(request), {
      ...{ request, reply },
      dialect: new ProblemDialect(),
    })
  })
  await app.register(fastifyStatic, {
    root: `${FOLDER}dashboard`,
    prefix: '/dashboard/',
    decorateReply: false,
    index: false,
    preCompressed: true,
    immutable: true,
    maxAge: MAX_AGE_MS,
  })
}

/** Negotiates by weight (RFC 9110, 12.5.1). A client that takes anything gets JSON; browsers prefer HTML. */
export function prefersPage({ raw }: FastifyRequest): boolean {
  return new Negotiator(raw).mediaType(['application/json', 'text/html']) === 'text/html'
}

/** Returns the `Vary` header of a response that also depends on another header of its request. */
export function varyBy(reply: FastifyReply, name: string): string {
  const others = reply.getHeader('vary')
  return others === undefined ? name : `${others}, ${name}`
}
