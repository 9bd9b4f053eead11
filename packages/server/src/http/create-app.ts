import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import { SERVER_LIMITS } from '../limits/server-limits.ts'
import { LEASE_OPERATIONS } from '../operations/lease-operations.ts'
import { WEBHOOK_OPERATION_IDS } from '../operations/webhook-operations.ts'
import { HeapWatch } from '../scheduling/heap-watch.ts'
import { RegistryMetrics } from '../telemetry/registry-metrics.ts'
import { TakeoverWatch } from '../telemetry/takeover-watch.ts'
import type { Webhooks } from '../webhooks/webhooks.ts'
import { AgentReads } from './access/agent-reads.ts'
import { RequestAdmission } from './access/request-admission.ts'
import { auditRequests } from './access/request-audit.ts'
import { tokenRoutes } from './access/token-routes.ts'
import { limitAgents } from './agents/agent-limits.ts'
import { agentRoutes } from './agents/agent-routes.ts'
import { HeartbeatFastPath } from './agents/heartbeat-fast-path.ts'
import { maintenanceRoutes } from './agents/maintenance-routes.ts'
import type { AppOptions } from './app-options.ts'
import { IncomingBodies } from './bodies/incoming-bodies.ts'
import { acceptJson } from './bodies/json-body.ts'
import { CallerLimits } from './callers/caller-limits.ts'
import { cardRoutes } from './cards/card-routes.ts'
import { catalogPaths } from './catalogs/catalog-paths.ts'
import { catalogRoutes, operationsTurnedOff } from './catalogs/catalog-routes.ts'
import { handleClientError } from './connections/client-errors.ts'
import { ConnectionLimit } from './connections/connection-limit.ts'
import { httpServer } from './connections/http-server.ts'
import { LeaseSuspension } from './connections/lease-suspension.ts'
import { OpenConnections } from './connections/open-connections.ts'
import { PendingResponses } from './connections/pending-responses.ts'
import { Pipelining } from './connections/pipelining.ts'
import { SlowReaders } from './connections/slow-readers.ts'
import { CloudEvents } from './events/cloud-event.ts'
import { eventRoutes } from './events/event-routes.ts'
import { EventStreams } from './events/event-streams.ts'
import { capabilityRoutes } from './lists/capability-routes.ts'
import { listRoutes } from './lists/list-routes.ts'
import { mcpRoutes } from './mcp/mcp-routes.ts'
import { OverloadGuard } from './overload/overload-guard.ts'
import { Dashboard } from './pages/dashboard.ts'
import { docsPage } from './pages/docs-page.ts'
import { QueryAdmission } from './queries/query-admission.ts'
import { ClientDisconnectedError } from './queries/query-cancellation.ts'
import { ReadGate } from './queries/read-gate.ts'
import { registryRoutes } from './registry/registry-routes.ts'
import { EarlyRefusals } from './requests/early-refusals.ts'
import { rejectMalformed, rejectUnknown } from './requests/early-rejections.ts'
import { requestId } from './requests/request-id.ts'
import { RequestLog } from './requests/request-log.ts'
import { notFound } from './requests/routing.ts'
import { watchRequestHooks } from './requests/user-hooks.ts'
import { addSecurityHeaders } from './responses/add-security-headers.ts'
import { sendProblem } from './responses/problem.ts'
import { ProblemDialect } from './responses/problem-dialect.ts'

/** Maximum bytes of one path segment as sent; fits an id of 255 characters, even fully escaped. */
const MAX_SEGMENT_BYTES = 1024

/** Milliseconds between two checks for connections that have become idle while the app stops. */
const CLOSE_IDLE_INTERVAL_MS = 50
/** Log levels at which every request is logged. */
const LEVELS_WITH_REQUESTS = new Set(['debug', 'trace'])

/**
 * Creates the HTTP server of the registry. The store is opened when the app starts (`listen`,
 * `ready` or the first `inject`).
 */
export function createApp(options: AppOptions): FastifyInstance {
  const metrics = new RegistryMetrics()
  if (options.droppedLogLines) metrics.watchLog(options.droppedLogLines)
  if (options.audit) metrics.watchAudit(options.audit)
  if (options.backups) metrics.watchBackups(options.backups)
  const { logger, publicUrl, maxStreams, access, browserGuard, tls } = options
  const { catalogs } = options
  const documented = {
    without: [...operationsTurnedOff(catalogs), ...(options.webhooks ? [] : WEBHOOK_OPERATION_IDS)],
    ardPrefix: catalogs.ardPrefix,
  }
  const toKnownPath = catalogPaths(catalogs)
  const requests = new RequestAdmission(access.control, catalogs.publicDiscovery)
  const connections = new OpenConnections()
  const leases = new LeaseSuspension()
  const connectionLimit = new ConnectionLimit({ logger, metrics, connections, leases })
  const log = LEVELS_WITH_REQUESTS.has(logger.level) ? new RequestLog(logger, requestId) : undefined
  const idOf = log?.idOf ?? requestId
  const dialect = new ProblemDialect(catalogs)
  const refusals = new EarlyRefusals(idOf, dialect)
  const heap = new HeapWatch()
  const pipelining = new Pipelining({
    rejected: () => metrics.countClosedConnection('pipelining'),
  })
  const overload = new OverloadGuard({
    ...{ logger, leases, refusals, toKnownPath },
    waits: pipelining.waits,
  })
  const { limitLocal = false } = options.callerLimits
  const isInForce = () => limitLocal || !access.control.isLocal
  const callers = new CallerLimits(options.callerLimits, {
    ...{ logger, metrics, refusals, isInForce },
    admission: requests,
  })
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
    ...{ metrics, connections, browserGuard, overload },
    admission: requests,
  })
  const readGate = new ReadGate()
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
  let closing = false
  let hasUserHooks = false
  let streams: EventStreams | undefined
  let webhooks: Webhooks | undefined
  const app = Fastify({
    loggerInstance: atLeastWarn(logger),
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: idOf,
    // No timeout: opening a large store takes seconds.
    pluginTimeout: 0,
    requestTimeout: SERVER_LIMITS.requestSeconds.value * 1000,
    // Requests that arrive during shutdown are served as long as the store is open.
    return503OnClosing: false,
    routerOptions: { maxParamLength: MAX_SEGMENT_BYTES },
    rewriteUrl: (request) => toKnownPath(request.url ?? '/'),
    serverFactory: (handler, serverOptions) => {
      const prioritized = callers.wrap(overload.wrap(fastPath.wrap(readGate.wrap(handler))))
      const pipelined = pipelining.wrap(log ? log.wrap(prioritized) : prioritized)
      const created = httpServer(serverOptions, pipelined, { tls, connections })
      const server = connections.watch(access.watch(created))
      return connectionLimit.apply(slowReaders.watch(browserGuard.watch(server)))
    },
    frameworkErrors: (error, request, reply) => sendProblem(error, { request, reply, dialect }),
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
    else sendProblem(error, { request, reply, dialect })
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
    const rejection = problem ?? rejectUnknown(request) ?? refusals.problemOf(request)
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
    await Promise.all([
      streams?.close('the registry is shutting down'),
      pendingResponses.drain(),
      webhooks?.close(),
    ])
    // Connections on which a request was in flight become idle after it because of keep-alive. To Node, they are as
    // soon as a response is written, even if it is still in the process: not before large ones have left.
    const closeIdle = (): void => {
      app.server.closeIdleConnections()
      tls?.closeHandshakes()
    }
    const idleCheck = setInterval(closeIdle, CLOSE_IDLE_INTERVAL_MS).unref()
    app.server.once('close', () => clearInterval(idleCheck))
  })
  app.addHook('onClose', async () => {
    overload.close()
    heap.close()
    await options.close()
  })
  app.register(async (registry) => {
    // A logger for each request took 2 % of a short query; the few lines name their request themselves.
    registry.setChildLoggerFactory((parent) => parent)
    // Concurrent: the store opens on its own thread, and the pages do not need it.
    const [repository, dashboard] = await Promise.all([
      options.open(),
      options.hasDashboard ? Dashboard.register(registry, logger) : undefined,
      registry.register(docsPage, { publicUrl, documented }),
    ])
    metrics.watch(repository)
    const takeovers = new TakeoverWatch({ logger })
    repository.subscribe((transitions) => takeovers.observe(transitions))
    metrics.watchTakeovers(takeovers)
    leases.protect(repository)
    connectionLimit.reserveFor(repository)
    const { maxAgents } = options
    const { maxAgentsPerCaller = SERVER_LIMITS.agentsPerCaller.value } = options.callerLimits
    const limits = { maxAgents, maxAgentsPerCaller, heapShare: () => heap.share }
    const register = await limitAgents(repository, limits)
    const reads = new AgentReads(repository)
    agentRoutes(registry, repository, { fastPath, reads, overload, register, metrics })
    maintenanceRoutes(registry, repository, reads)
    cardRoutes(registry, repository, { reads, verifier: options.verifier })
    tokenRoutes(registry, access)
    const admission = new QueryAdmission()
    metrics.watchQueries(admission)
    listRoutes(registry, repository, { pendingResponses, admission, reads })
    capabilityRoutes(registry, { reads, admission })
    const countDrop = metrics.countDrop.bind(metrics)
    const { maxStreamsPerCaller = SERVER_LIMITS.streamsPerCaller.value } = options.callerLimits
    streams = await EventStreams.start({
      repository,
      log: app.log,
      countDrop,
      limit: () => Math.min(maxStreams, connectionLimit.streams),
      limitOfCaller: () => (isInForce() ? maxStreamsPerCaller : Number.POSITIVE_INFINITY),
    })
    metrics.watchFeed(streams)
    const cloudEvents = new CloudEvents(publicUrl)
    eventRoutes(registry, repository, {
      ...{ streams, cloudEvents, reads, requests, admission, pendingResponses, pipelining },
    })
    catalogRoutes(registry, {
      ...{ repository, reads, pendingResponses, queries: admission },
      settings: catalogs,
    })
    if (catalogs.hasMcp) {
      mcpRoutes(registry, { repository, reads, streams, requests, pipelining, queries: admission })
    }
    if (options.webhooks) {
      const { openWebhooks } = await import('./webhooks/open-webhooks.ts')
      const parts = { options: options.webhooks, repository, cloudEvents, logger, metrics }
      webhooks = await openWebhooks(registry, parts)
    }
    registryRoutes(registry, {
      repository,
      metrics,
      takeovers,
      access: access.control,
      reads,
      queries: admission,
      overload,
      ...{ publicUrl, dashboard, documented, hasManifests: catalogs.hasArd },
      isClosing: () => closing,
    })
    overload.start()
    metrics.watchOverload(() => overload.stats)
    if (!hasUserHooks) fastPath.open(repository)
  })
  watchRequestHooks(app, () => {
    // Hooks must run for heartbeats as well, which bypass them on the fast path.
    hasUserHooks = true
    fastPath.close()
  })
  return app
}

/** Limits the framework to warnings: its other lines add nothing to ours. */
function atLeastWarn(logger: FastifyBaseLogger): FastifyBaseLogger {
  const isVerbose = !['warn', 'error', 'fatal', 'silent'].includes(logger.level)
  return isVerbose ? logger.child({}, { level: 'warn' }) : logger
}
