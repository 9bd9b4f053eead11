import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { systemClock } from '../../domain/clock.ts'
import { SERVER_LIMITS } from '../../limits/server-limits.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import { webhookLog } from '../../telemetry/webhook-log.ts'
import { VERSION } from '../../version.ts'
import { AddressGuard } from '../../webhooks/address-guard.ts'
import type { WebhookOptions } from '../../webhooks/webhook-options.ts'
import { webhookStoreOf } from '../../webhooks/webhook-store.ts'
import { Webhooks } from '../../webhooks/webhooks.ts'
import type { CloudEvents } from '../events/cloud-event.ts'
import { HistoryFeed } from './history-feed.ts'
import { webhookRoutes } from './webhook-routes.ts'

const { webhooks: maximum, webhookSeconds, webhookRetrySeconds } = SERVER_LIMITS

/** Adds the routes of webhooks, and begins to deliver those of the store. */
export async function openWebhooks(
  app: FastifyInstance,
  parts: {
    options: WebhookOptions
    repository: AgentRegistryRepository
    cloudEvents: CloudEvents
    logger: FastifyBaseLogger
    metrics: RegistryMetrics
  },
): Promise<Webhooks | undefined> {
  const { options, repository, cloudEvents, logger, metrics } = parts
  const store = webhookStoreOf(repository)
  const counts = { accepted: 0, failed: 0 }
  const webhooks =
    store &&
    new Webhooks({
      store,
      isShared: repository.capabilities.shared,
      clock: systemClock,
      openFeed: () => HistoryFeed.open(repository, { cloudEvents, clock: systemClock }),
      reporter: webhookLog(logger, counts),
      guard: new AddressGuard(options.webhookNetworks),
      timeoutMs: (options.webhookTimeoutSeconds ?? webhookSeconds.value) * 1000,
      retryForMs: (options.webhookRetrySeconds ?? webhookRetrySeconds.value) * 1000,
      userAgent: `Rollcall/${VERSION}`,
    })
  const maxWebhooks = options.maxWebhooks ?? maximum.value
  webhookRoutes(app, { webhooks, history: repository, maxWebhooks })
  if (webhooks === undefined) return undefined
  metrics.watchWebhooks(() => ({ ...webhooks.stats, ...counts }))
  await webhooks.open()
  return webhooks
}
