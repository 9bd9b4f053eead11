import type { ClientEvents, EventEmitter } from '../client-events.ts'
import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import { type ApiError, isApiError } from '../errors/api-error.ts'
import type { ClientOptions } from '../options/client-options.ts'
import type { ResolvedAgent } from '../options/resolve-options.ts'
import type { RegistryApi } from '../transport/registry-api.ts'
import { AgentHeartbeats } from './agent-heartbeats.ts'
import { AgentInstance } from './agent-instance.ts'
import { createAgentLoop } from './agent-loop.ts'
import { AgentRegistration } from './agent-registration.ts'
import { AgentReport } from './agent-report.ts'
import { HeartbeatSender } from './heartbeat-sender.ts'

/** What keeps one agent registered. */
export interface AgentParts {
  readonly report: AgentReport
  readonly instance: AgentInstance
  readonly registration: AgentRegistration
  readonly heartbeats: AgentHeartbeats
  readonly sender: HeartbeatSender
}

/** Creates the parts of one agent, which emit its events. */
export function createAgentParts(context: {
  readonly options: ClientOptions
  readonly agent: ResolvedAgent
  readonly api: RegistryApi
  readonly registryUrl: string
  readonly timeoutMs: number
  readonly clock: ClientClock
  readonly logger: ClientLogger
  readonly events: EventEmitter<ClientEvents>
  readonly superseded: (error: ApiError) => void
}): AgentParts {
  const { options, agent, events, logger } = context
  const { agentId } = agent
  const report = new AgentReport(options)
  const instance = new AgentInstance(agent.instanceId, context.superseded)
  const registration = new AgentRegistration({
    ...context,
    report,
    instance,
    warn: (warning) => {
      logger.warn(`agent ${agentId}: ${warning.message}`)
      events.emit('warning', warning)
    },
  })
  const heartbeats: AgentHeartbeats = new AgentHeartbeats({
    ...context,
    agentId,
    report,
    instance,
    health: options,
    ttlSeconds: () => registration.ttlSeconds,
    willRetry: () => (sender.hasLoop || options.heartbeatFrom === 'none') && !sender.isAway,
    late: (late, error) => {
      events.emit('late', { report: late, error })
      if (isApiError(error, 'AGENT_NOT_FOUND')) sender.sendNow()
    },
  })
  const sender: HeartbeatSender = new HeartbeatSender(instance, () =>
    createAgentLoop({
      ...context,
      agentId,
      intervalSeconds: agent.heartbeatIntervalSeconds,
      keepsAlive: options.keepAlive ?? false,
      heartbeats,
      registration,
    }),
  )
  return { report, instance, registration, heartbeats, sender }
}
