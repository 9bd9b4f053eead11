import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify'
import type { ServerAccess } from '../access/server-access.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { BackupStatistics } from '../domain/backup-source.ts'
import { SERVER_LIMITS } from '../limits/server-limits.ts'
import type { OperationId } from '../operations/operation.ts'
import { RegistryMetrics } from '../telemetry/registry-metrics.ts'
import { TakeoverWatch } from '../telemetry/takeover-watch.ts'
import { RequestAdmission } from './access/request-admission.ts'
import { auditRequests } from './access/request-audit.ts'
import { tokenRoutes } from './access/token-routes.ts'
import { agentRoutes } from './agents/agent-routes.ts'
import { HeartbeatFastPath } from './agents/heartbeat-fast-path.ts'
import { maintenanceRoutes } from './agents/maintenance-routes.ts'
import { IncomingBodies } from './bodies/incoming-bodies.ts'
import { acceptJson } from './bodies/json-body.ts'
import type { BrowserGuard } from './browsers/browser-guard.ts'
import { isFromBrowser } from './browsers/request-origin.ts'
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
import { ClientDisconnectedError } from './queries/query-cancellation.ts'
import { ReadGate } from './queries/read-gate.ts'
import { docsPage } from './registry/docs-page.ts'
import { registryRoutes } from './registry/registry-routes.ts'
import { rejectMalformed, rejectUnknown } from './requests/early-rejections.ts'
import { requestId } from './requests/request-id.ts'
import { RequestLog } from './requests/request-log.ts'
import { notFound } from './requests/routing.ts'
import { watchRequestHooks } from './requests/user-hooks.ts'
import { sendProblem } from './responses/problem.ts'
import { BROWSER_HEADERS, SECURITY_HEADERS } from './responses/security-headers.ts'

/** Maximum bytes of one path segment as sent; fits an id of 255 characters, even fully escaped. */
const MAX_SEGMENT_BYTES = 1024

/** Milliseconds between two checks for requests that arrive too slowly; Node's default is 30 s. */
const TIMEOUT_CHECK_MS = 1000

/** Operations that renew a lease. */
const LEASE_OPERATIONS = new Set<OperationId | 'unknown' | undefined>([
  'heartbeat',
  'heartbeats',
  'registerAgent',
])

/** Milliseconds between two checks for connections that have become idle while the app stops. */
const CLOSE_IDLE_INTERVAL_MS = 50
/** Log levels at which every request is logged. */
const LEVELS_WITH_REQUESTS = new Set(['debug', 'trace'])

export interface AppOptions {
  /** Opens the store. Called once, when the app starts. */
  readonly open: () => Promise<AgentRegistryRepository>
  /** Called once, when the app begins to stop. */
  readonly stopAccepting: () => void
  /** Called once, when the app has stopped. */
  readonly close: () => Promise<void>
  readonly logger: FastifyBaseLogger
  /** Decides who may call what. */
  readonly access: ServerAccess
  /** The URL at which clients reach the registry, without a trailing slash. */
  readonly publicUrl: string | undefined
  readonly browserGuard: BrowserGuard
  /** See `AgentRegistryServerOptions`. */
  readonly droppedLogLines: (() => number) | undefined
  /** Returns the statistics of scheduled backups once the store is open; undefined: there are none. */
  readonly backups: (() => BackupStatistics | undefined) | undefined
  /** Where every write and every refusal is recorded; undefined: nowhere. */
  readonly audit: AuditLog | undefined
  /** Maximum number of open streams of the change feed. */
  readonly maxStreams: number
}

/**
 * Creates the HTTP server of the registry. The store is opened when the app starts (`listen`,
 * `ready` or the first `inject`).
 */
export function createApp(options: AppOptions): FastifyInstance {
  const metrics = new RegistryMetrics()
  if (options.droppedLogLines) metrics.watchLog(options.droppedLogLines)
  if (options.audit) metrics.watchAudit(options.audit)
  if (options.backups) metrics.watchBackups(options.backups)
  const { logger, publicUrl, maxStreams, access, browserGuard } = options
  const requests = new RequestAdmission(access.control)
  const connections = new OpenConnections()
  const connectionLimit = new ConnectionLimit({ logger, metrics, connections })
  const bodies = new IncomingBodies({ logger })
  const slowReaders = new SlowReaders({
    connections,
    disconnect: (socket) => {
      if (streams?.dropSlow(socket)) return
      metrics.countClosedConnection('slow_reader')
      socket.destroy()
    },
  })
  const fastPath = new HeartbeatFastPath({
    ...{ metrics, connections, browserGuard },
    admission: requests,
  })
  const pipelining = new Pipelining({
    rejected: () => metrics.countClosedConnection('pipelining'),
  })
  const reads = new ReadGate()
  const pendingResponses = new PendingResponses({ logger })
  metrics.watchTraffic({
    get bodyBytes() {
      return bodies.bytes
    },
    get responseBytes() {
      return pendingResponses.bytes
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
  let hasUserHooks = false
  let streams: EventStreams | undefined
  const app = Fastify({
    loggerInstance: atLeastWarn(logger),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: log?.idOf ?? requestId,
    // No timeout: opening a large store takes seconds.
    pluginTimeout: 0,
    requestTimeout: SERVER_LIMITS.requestSeconds.value * 1000,
    // Requests that arrive during shutdown are served as long as the store is open.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_SEGMENT_BYTES },
    serverFactory: (handler, serverOptions) => {
      const prioritized = fastPath.wrap(reads.wrap(handler))
      const pipelined = pipelining.wrap(log ? log.wrap(prioritized) : prioritized)
      const server = connections.watch(access.watch(httpServer(serverOptions, pipelined)))
      return connectionLimit.apply(slowReaders.watch(browserGuard.watch(server)))
    },
    frameworkErrors: (error, request, reply) => sendProblem(error, request, reply),
    clientErrorHandler: (error, socket) => {
      log?.malformed(error, socket)
      handleClientError(error, socket)
    },
  })
  acceptJson(app, bodies)
  app.decorateRequest('principal')
  app.decorateRequest('problem')
  app.decorateRequest('refusedAgents')
  app.decorateRequest('changedToken')
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof ClientDisconnectedError) reply.hijack()
    else sendProblem(error, request, reply)
  })
  app.setNotFoundHandler((request) => {
    throw notFound(request)
  })
  if (options.audit) auditRequests(app, options.audit)
  app.addHook('onRequest', (request, reply, done) => {
    bodies.expect(request.raw, reply.raw)
    addSecurityHeaders(request, reply)
    browserGuard.addHeaders(request, reply)
    const problem = rejectMalformed(request) ?? browserGuard.reject(request)
    if (problem === undefined && browserGuard.answerPreflight(request, reply)) return
    const rejection = problem ?? rejectUnknown(request)
    if (rejection) done(rejection)
    else requests.admit(request, done)
  })
  app.addHook('onResponse', (request, reply, done) => {
    const operation = request.routeOptions.config.operationId ?? 'unknown'
    metrics.countRequest(operation, reply.statusCode, reply.elapsedTime / 1000)
    const isHeartbeat = reply.statusCode === 200 && LEASE_OPERATIONS.has(operation)
    if (isHeartbeat) connections.noteHeartbeat(request.raw.socket)
    done()
  })
  app.addHook('preClose', async () => {
    closing = true
    options.stopAccepting()
    fastPath.close()
    await Promise.all([streams?.close('the registry is shutting down'), pendingResponses.drain()])
    // Connections on which a request was in flight become idle after it because of keep-alive. To Node, they are as
    // soon as a response is written, even if it is still in the process: not before large ones have left.
    const closeIdle = (): void => app.server.closeIdleConnections()
    const idleCheck = setInterval(closeIdle, CLOSE_IDLE_INTERVAL_MS).unref()
    app.server.once('close', () => clearInterval(idleCheck))
  })
  app.addHook('onClose', options.close)
  app.register(async (registry) => {
    // Concurrent: the store opens on its own thread, and the page does not need it.
    const [repository] = await Promise.all([
      options.open(),
      registry.register(docsPage, { publicUrl }),
    ])
    metrics.watch(repository)
    const takeovers = new TakeoverWatch({ logger })
    repository.subscribe((transitions) => takeovers.observe(transitions))
    metrics.watchTakeovers(takeovers)
    connectionLimit.protect(repository)
    agentRoutes(registry, repository, fastPath)
    maintenanceRoutes(registry, repository)
    tokenRoutes(registry, access)
    const admission = new QueryAdmission()
    metrics.watchQueries(admission)
    listRoutes(registry, repository, { pendingResponses, admission })
    const countDrop = metrics.countDrop.bind(metrics)
    streams = await EventStreams.start({
      repository,
      log: app.log,
      countDrop,
      limit: () => Math.min(maxStreams, connectionLimit.streams),
    })
    metrics.watchFeed(streams)
    eventRoutes(registry, repository, {
      streams,
      requests,
      admission,
      pendingResponses,
      pipelining,
    })
    registryRoutes(registry, {
      repository,
      metrics,
      takeovers,
      access: access.control,
      publicUrl,
      isClosing: () => closing,
    })
    if (!hasUserHooks) fastPath.open(repository)
  })
  watchRequestHooks(app, () => {
    // Hooks must run for heartbeats as well, which bypass them on the fast path.
    hasUserHooks = true
    fastPath.close()
  })
  return app
}

/**
 * Prevents browsers from guessing types, and caches from storing responses that are soon stale. The
 * documentation page has its own rules. Successful responses to agents have no such headers: no cache
 * stores the response to a POST, no browser requests it, and they take 3 % of the time of a registration.
 */
function addSecurityHeaders(request: FastifyRequest, reply: FastifyReply): void {
  if (LEASE_OPERATIONS.has(request.routeOptions.config.operationId)) return
  if (request.url.startsWith('/docs')) return
  reply.headers(SECURITY_HEADERS)
  if (isFromBrowser(request.headers)) reply.headers(BROWSER_HEADERS)
}

/**
 * Creates a Node server that does not send error responses itself: Node's own responses to a missing
 * `Host` and an unknown `Expect` have no body.
 */
function httpServer(options: FastifyServerOptions, handler: RequestListener): Server {
  const overrides: ServerOptions = {
    requireHostHeader: false,
    headersTimeout: SERVER_LIMITS.headersSeconds.value * 1000,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
  }
  const server = createServer({ ...options, ...overrides } as ServerOptions, handler)
  return server.on('checkExpectation', handler)
}

/** Limits the framework to warnings: its other lines add nothing to ours. */
function atLeastWarn(logger: FastifyBaseLogger): FastifyBaseLogger {
  const isVerbose = !['warn', 'error', 'fatal', 'silent'].includes(logger.level)
  return isVerbose ? logger.child({}, { level: 'warn' }) : logger
}
