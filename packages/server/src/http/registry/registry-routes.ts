import type { ExpiryBrake } from '@rollcall/protocol'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { AccessControl } from '../../access/access-control.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { currentBranch } from '../../domain/branch.ts'
import type { BrakeState } from '../../domain/expiry-brake.ts'
import { isRegistryError } from '../../domain/registry-error.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import type { TakeoverWatch } from '../../telemetry/takeover-watch.ts'
import { VERSION } from '../../version.ts'
import { sendJson } from '../agents/agent-routes.ts'
import { isoTime } from '../agents/iso-time.ts'
import { openApiDocument } from '../openapi/openapi-document.ts'
import { route } from '../requests/routing.ts'
import { HttpProblem } from '../responses/problem.ts'
import { DESCRIPTION } from './registry-description.ts'

/** Adds the routes of the registry itself: health, metrics and its description. */
export function registryRoutes(
  app: FastifyInstance,
  options: {
    repository: AgentRegistryRepository
    metrics: RegistryMetrics
    takeovers: TakeoverWatch
    access: AccessControl
    isClosing: () => boolean
    /** The URL at which clients reach the registry; undefined if they find it themselves. */
    publicUrl: string | undefined
  },
): void {
  const { repository, metrics, takeovers, access, isClosing, publicUrl } = options
  const startedAt = performance.now()

  route(app, 'describeRegistry', (_request, reply) => {
    sendJson(reply, JSON.stringify(DESCRIPTION))
  })

  route(app, 'health', async (_request, reply) => {
    const counts = await repository.counts()
    const failure = await storageFailure(repository, app.log)
    const body = {
      status: failure === undefined ? 'healthy' : 'unhealthy',
      registered_agents: counts.registered,
      active_agents: counts.alive,
      expiry_brake: counts.brake ? await brakeBody(counts.brake, repository) : null,
      flapping_agents: takeovers.flapping,
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
    document ??= JSON.stringify(openApiDocument(VERSION, publicUrl))
    sendJson(reply, document)
  })
}

async function brakeBody(
  { sinceMs, endsAtMs, reason }: BrakeState,
  repository: AgentRegistryRepository,
): Promise<ExpiryBrake> {
  const { suspect } = await repository.countByStatus()
  return {
    since: isoTime(sinceMs),
    ends_at: isoTime(endsAtMs),
    suspect_agents: suspect,
    reason,
  }
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
