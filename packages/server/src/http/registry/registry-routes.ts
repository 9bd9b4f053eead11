import type { ExpiryBrake, Overload } from '@rollcall/protocol'
import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RouteHandlerMethod,
} from 'fastify'
import type { AccessControl } from '../../access/access-control.ts'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { currentBranch } from '../../domain/branch.ts'
import type { BrakeState } from '../../domain/expiry-brake.ts'
import { isRegistryError } from '../../domain/registry-error.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import type { TakeoverWatch } from '../../telemetry/takeover-watch.ts'
import { VERSION } from '../../version.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import { sendJson } from '../agents/agent-routes.ts'
import { isoTime } from '../agents/iso-time.ts'
import { type DocumentedRegistry, openApiDocument } from '../openapi/openapi-document.ts'
import type { OverloadGuard } from '../overload/overload-guard.ts'
import { type Dashboard, prefersPage, varyBy } from '../pages/dashboard.ts'
import type { QueryAdmission } from '../queries/query-admission.ts'
import { route } from '../requests/routing.ts'
import { HttpProblem } from '../responses/problem.ts'
import { type AgentTotals, countVisible, totalsOfAll } from './agent-totals.ts'
import { DESCRIPTION } from './registry-description.ts'

/** Where catalogs of others find the agents; relative, for proxies that remove a prefix. */
const MANIFEST_LINKS =
  '<./.well-known/ard.json>; rel="ard", <./.well-known/ai-catalog.json>; rel="ai-catalog"'

/** Adds the routes of the registry itself: health, metrics and its description. */
export function registryRoutes(
  app: FastifyInstance,
  options: {
    repository: AgentRegistryRepository
    metrics: RegistryMetrics
    takeovers: TakeoverWatch
    access: AccessControl
    reads: AgentReads
    queries: QueryAdmission
    overload: OverloadGuard
    isClosing: () => boolean
    /** The URL at which clients reach the registry; undefined if they find it themselves. */
    publicUrl: string | undefined
    /** What browsers get at `/`; undefined: what everyone else gets. */
    dashboard: Dashboard | undefined
    documented: DocumentedRegistry
    /** Whether there are manifests to point to. */
    hasManifests: boolean
  },
): void {
  const { repository, metrics, takeovers, access, reads, queries, overload } = options
  const { isClosing, publicUrl, dashboard, documented, hasManifests } = options
  const startedAt = performance.now()

  const isForPage = (request: FastifyRequest) => dashboard !== undefined && prefersPage(request)
  const describe: RouteHandlerMethod = (request, reply) => {
    if (hasManifests) reply.header('link', MANIFEST_LINKS)
    if (dashboard) reply.header('vary', varyBy(reply, 'Accept'))
    if (dashboard && isForPage(request)) dashboard.send(reply)
    else sendJson(reply, JSON.stringify(DESCRIPTION))
  }
  route(app, 'describeRegistry', describe, { isForPage })

  reads.route(app, 'health', async (_request, reply, agents) => {
    const counts = await repository.counts()
    const totals = agents.areAll
      ? await totalsOfAll(repository, counts)
      : await queries.run(reply.raw, (admitted) => countVisible(agents, admitted))
    const failure = await storageFailure(repository, app.log)
    const body = {
      status: failure === undefined ? 'healthy' : 'unhealthy',
      registered_agents: totals.registered,
      active_agents: totals.alive,
      expiry_brake: counts.brake ? brakeBody(counts.brake, totals, agents) : null,
      overload: overloadBody(overload),
      flapping_agents: takeovers.flappingAmong((agentId) => agents.include(agentId)),
      access: access.mode,
      revision: counts.revision,
      epoch: counts.epoch,
      branch: currentBranch(counts),
      version: VERSION,
      uptime_seconds: Math.round(performance.now() - startedAt) / 1000,
    }
    return sendJson(reply, JSON.stringify(body))
  })

  route(app, 'healthLive', (_request, reply) => {
    // Only a new process can write again, and a supervisor that uses this probe can start one.
    if (repository.lost) throw new HttpProblem('STORAGE_UNAVAILABLE', repository.lost.message)
    sendJson(reply, JSON.stringify({ status: 'ok', checks: { process: 'ok' } }))
  })

  route(app, 'healthReady', async (_request, reply) => {
    if (isClosing()) throw new HttpProblem('SHUTTING_DOWN', 'The registry is shutting down.')
    const failure = await storageFailure(repository, app.log)
    if (failure !== undefined) {
      throw new HttpProblem('STORAGE_UNAVAILABLE', `The check "storage" failed: ${failure}`)
    }
    return sendJson(reply, JSON.stringify({ status: 'ok', checks: { storage: 'ok' } }))
  })

  route(app, 'metrics', async (_request, reply) => {
    const { contentType, text } = await metrics.expose()
    return reply.header('content-type', contentType).send(text)
  })

  let document: string | undefined
  route(app, 'openApiDocument', (_request, reply) => {
    document ??= JSON.stringify(openApiDocument(VERSION, publicUrl, documented))
    sendJson(reply, document)
  })
}

function brakeBody(
  { sinceMs, endsAtMs, reason }: BrakeState,
  { suspect }: AgentTotals,
  { areAll }: VisibleAgents,
): ExpiryBrake {
  return {
    since: isoTime(sinceMs),
    ends_at: isoTime(endsAtMs),
    suspect_agents: suspect,
    // It says how many agents there are.
    reason: areAll ? reason : 'many agents fell silent at once; their expiry is held back',
  }
}

function overloadBody({ pressure, beganAtMs }: OverloadGuard): Overload | null {
  if (beganAtMs === undefined) return null
  return {
    since: isoTime(beganAtMs),
    event_loop_delay_ms: Math.round(pressure.delayMs),
    refused_reads: toPercent(pressure.shareOf('read')),
    refused_changes: toPercent(pressure.shareOf('change')),
    refused_heartbeats: toPercent(pressure.shareOf('heartbeat')),
  }
}

/** Rounds a share to full percents. */
function toPercent(share: number): number {
  return Math.round(share * 100) / 100
}

async function storageFailure(
  repository: AgentRegistryRepository,
  log: FastifyBaseLogger,
): Promise<string | undefined> {
  try {
    await repository.checkWritable()
    return undefined
  } catch (error) {
    if (isRegistryError(error)) return error.message
    log.error({ err: error }, 'storage check failed')
    return 'the check itself failed; the error was logged'
  }
}
