import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
} from 'node:http'
import { ERROR_CODES, LIMITS } from '@rollcall/protocol'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import { SERVER_LIMITS } from '../limits/server-limits.ts'
import type { OperationId } from '../operations/operations.ts'
import { RegistryMetrics } from '../telemetry/registry-metrics.ts'
import { agentRoutes } from './agents/agent-routes.ts'
import { HeartbeatFastPath } from './agents/heartbeat-fast-path.ts'
import { ArrivingBodies } from './bodies/arriving-bodies.ts'
import { acceptJson } from './bodies/json-body.ts'
import { handleClientError } from './connections/client-errors.ts'
import { ConnectionLimit } from './connections/connection-limit.ts'
import { OpenConnections } from './connections/open-connections.ts'
import { PendingResponses } from './connections/pending-responses.ts'
import { Pipelining } from './connections/pipelining.ts'
import { SlowReaders } from './connections/slow-readers.ts'
import { eventRoutes } from './events/event-routes.ts'
import { EventStreams } from './events/event-streams.ts'
import { listRoutes } from './lists/list-routes.ts'
import { QueryAdmission } from './queries/query-admission.ts'
import { ClientGoneError } from './queries/query-end.ts'
import { ReadGate } from './queries/read-gate.ts'
import { docsPage } from './registry/docs-page.ts'
import { registryRoutes } from './registry/registry-routes.ts'
import { hostCount } from './requests/host-headers.ts'
import { RequestLog } from './requests/request-log.ts'
import { notFound } from './requests/routing.ts'
import { watchRequestHooks } from './requests/user-hooks.ts'
import { HttpProblem, sendProblem } from './responses/problem.ts'
import { PROTECTING_HEADERS } from './responses/protecting-headers.ts'

/** Bytes of one path segment as sent; an id of 255 characters fits, even fully escaped. */
const MAX_SEGMENT_BYTES = 1024

/** Milliseconds between two looks for requests that take too long to arrive; Node's own is 30 s. */
const TIMEOUT_CHECK_MS = 1000

/** Calls that renew a lease. */
const FROM_AGENTS = new Set<OperationId | 'unknown' | undefined>([
  'heartbeat',
  'heartbeats',
  'registerAgent',
])

/** At these each request has a line in the log. */
const LEVELS_WITH_REQUESTS = new Set(['debug', 'trace'])

export interface AppOptions {
  /** Called once, when the app starts: opens the store. */
  readonly open: () => Promise<AgentRegistryRepository>
  /** Called once, when the app begins to stop. */
  readonly stopAccepting: () => void
  /** Called once, when the app has stopped. */
  readonly close: () => Promise<void>
  readonly logger: FastifyBaseLogger
  /** Where clients reach the registry, without a slash at its end. */
  readonly publicUrl: string | undefined
  /** See `AgentRegistryServerOptions`. */
  readonly droppedLogLines: (() => number) | undefined
  /** Streams of the change feed that may be open at once. */
  readonly maxStreams: number
}

/**
 * Builds the HTTP side of the registry. The store is opened when the app starts (`listen`,
 * `ready` or the first `inject`).
 */
export function createApp(options: AppOptions): FastifyInstance {
  const metrics = new RegistryMetrics()
  if (options.droppedLogLines) metrics.watchLog(options.droppedLogLines)
  const { logger, publicUrl, maxStreams } = options
  const connections = new OpenConnections()
  const connectionLimit = new ConnectionLimit({ logger, metrics, connections })
  const bodies = new ArrivingBodies({ logger })
  const slowReaders = new SlowReaders({
    connections,
    cut: (socket) => {
      if (streams?.dropSlow(socket)) return
      metrics.countClosedConnection('slow_reader')
      socket.destroy()
    },
  })
  const lane = new HeartbeatFastPath(metrics, connections)
  const pipelining = new Pipelining({
    refused: () => metrics.countClosedConnection('pipelining'),
  })
  const reads = new ReadGate()
  const leaving = new PendingResponses({ logger })
  metrics.watchTraffic({
    get bodyBytes() {
      return bodies.bytes
    },
    get responseBytes() {
      return leaving.bytes
    },
    get connections() {
      return connections.prune()
    },
    get streams() {
      return streams?.count ?? 0
    },
    get connectionLimit() {
      return connectionLimit.limit
    },
  })
  const log = LEVELS_WITH_REQUESTS.has(logger.level) ? new RequestLog(logger, requestId) : undefined
  let closing = false
  let isHooked = false
  let streams: EventStreams | undefined
  const app = Fastify({
    loggerInstance: atLeastWarn(logger),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: log?.idOf ?? requestId,
    // Opening a large store takes seconds; there is nothing to gain from giving up on it.
    pluginTimeout: 0,
    requestTimeout: SERVER_LIMITS.requestSeconds.value * 1000,
    // Requests that arrive while closing are served as long as the store is open.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_SEGMENT_BYTES },
    serverFactory: (handler, serverOptions) => {
      const first = lane.before(reads.before(handler))
      const inTurn = pipelining.before(log ? log.before(first) : first)
      const server = connections.watch(httpServer(serverOptions, inTurn))
      return connectionLimit.apply(slowReaders.watch(server))
    },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
    clientErrorHandler: (error, socket) => {
      log?.unreadable(error, socket)
      handleClientError(error, socket)
    },
  })
  acceptJson(app, bodies)
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ClientGoneError) reply.hijack()
    else sendProblem(error, request, reply)
  })
  app.setNotFoundHandler((request) => {
    throw notFound(request)
  })
  app.addHook('onRequest', (request, reply, done) => {
    bodies.expect(request.raw, reply.raw)
    protectResponse(request, reply)
    done(rejectEarly(request))
  })
  app.addHook('onResponse', (request, reply, done) => {
    const operation = request.routeOptions.config.operationId ?? 'unknown'
    metrics.countRequest(operation, reply.statusCode, reply.elapsedTime / 1000)
    const isHeartbeat = reply.statusCode === 200 && FROM_AGENTS.has(operation)
    if (isHeartbeat) connections.noteHeartbeat(request.raw.socket)
    done()
  })
  app.addHook('preClose', async () => {
    closing = true
    options.stopAccepting()
    lane.close()
    await Promise.all([streams?.close('the registry is shutting down'), leaving.allGone()])
  })
  app.addHook('onClose', options.close)
  app.register(async (registry) => {
    // The store opens on its own thread, and the page does not need it.
    const [repository] = await Promise.all([
      options.open(),
      registry.register(docsPage, { publicUrl }),
    ])
    metrics.watch(repository)
    connectionLimit.protect(repository)
    agentRoutes(registry, repository, lane)
    const admission = new QueryAdmission()
    metrics.watchQueries(admission)
    listRoutes(registry, repository, { leaving, admission })
    const countDrop = metrics.countDrop.bind(metrics)
    streams = await EventStreams.start({
      repository,
      log: app.log,
      countDrop,
      limit: () => Math.min(maxStreams, connectionLimit.streams),
    })
    metrics.watchFeed(streams)
    eventRoutes(registry, repository, { streams, admission, leaving, pipelining })
    registryRoutes(registry, { repository, metrics, publicUrl, isClosing: () => closing })
    if (!isHooked) lane.open(repository)
  })
  watchRequestHooks(app, () => {
    // What they check or add is for heartbeats, too.
    isHooked = true
    lane.close()
  })
  return app
}

/**
 * Keeps browsers from guessing types, and caches from answers that are old a moment later. The page of
 * the documentation has rules of its own. Good answers to what agents send go without: no cache keeps
 * the answer to a POST, no browser asks for it, and the headers cost 3 % of a registration.
 */
function protectResponse(request: FastifyRequest, reply: FastifyReply): void {
  if (FROM_AGENTS.has(request.routeOptions.config.operationId)) return
  if (!request.url.startsWith('/docs')) reply.headers(PROTECTING_HEADERS)
}

/** What can be refused before a body is read. */
function rejectEarly(request: FastifyRequest): Error | undefined {
  if (request.raw.httpVersion === '1.1' && request.headers.host === undefined) {
    const detail = 'The request has no Host header; HTTP/1.1 needs it.'
    return new HttpProblem('MALFORMED_REQUEST', detail, { headers: { connection: 'close' } })
  }
  if (hostCount(request.raw) > 1) {
    const detail = 'The request has more than one Host header.'
    return new HttpProblem('MALFORMED_REQUEST', detail, { headers: { connection: 'close' } })
  }
  if (request.url.length > LIMITS.addressBytes) {
    const { remedy } = ERROR_CODES.URI_TOO_LONG
    return new HttpProblem('URI_TOO_LONG', `The address has ${request.url.length} bytes. ${remedy}`)
  }
  // The router takes nothing for a parameter, too: `/agents/`.
  const isEmpty = Object.values(request.params as object).includes('')
  // And it takes `*`, which only OPTIONS may ask for, for the root.
  const isNone = request.is404 || isEmpty || request.url === '*'
  return isNone ? notFound(request) : undefined
}

/**
 * The server of Node, with what it would answer by itself left to us: its own refusals of a
 * missing `Host` and of an unknown `Expect` have no body.
 */
function httpServer(options: FastifyServerOptions, handler: RequestListener): Server {
  const ours: ServerOptions = {
    requireHostHeader: false,
    headersTimeout: SERVER_LIMITS.headersSeconds.value * 1000,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  }
  const server = createServer({ ...options, ...ours } as ServerOptions, handler)
  return server.on('checkExpectation', handler)
}

/** The framework's own lines below a warning say nothing that ours do not. */
function atLeastWarn(logger: FastifyBaseLogger): FastifyBaseLogger {
  const speaks = !['warn', 'error', 'fatal', 'silent'].includes(logger.level)
  return speaks ? logger.child({}, { level: 'warn' }) : logger
}

const REQUEST_ID = /^[\w.-]{1,128}$/
let requests = 0

/** The `X-Request-Id` that a client or proxy gave, if it is harmless; else a number. */
function requestId(request: IncomingMessage): string {
  const given = request.headers['x-request-id']
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : `req-${++requests}`
}
