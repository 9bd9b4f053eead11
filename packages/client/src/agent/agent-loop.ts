import { withoutPassword } from '@rollcall/protocol'
import type { ClientEvents, EventEmitter } from '../client-events.ts'
import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import type { Agent } from '../transport/wire.ts'
import type { AgentHeartbeats } from './agent-heartbeats.ts'
import type { AgentRegistration } from './agent-registration.ts'
import { HeartbeatLoop } from './heartbeat-loop.ts'
import { OutageLog } from './outage-log.ts'

/** The loop that keeps one agent in the registry, and emits its events. */
export function agentLoop(parts: {
  agentId: string
  clock: ClientClock
  logger: ClientLogger
  registryUrl: string
  intervalSeconds: number | undefined
  keepsAlive: boolean
  heartbeats: AgentHeartbeats
  registration: AgentRegistration
  events: EventEmitter<ClientEvents>
}): HeartbeatLoop {
  const { agentId, logger, registryUrl, heartbeats, registration, events } = parts
  const who = `agent ${agentId}`
  const outage = new OutageLog(logger, { who, what: 'cannot send heartbeats', registryUrl })
  let registered: Agent | undefined
  return new HeartbeatLoop({
    clock: parts.clock,
    ttlSeconds: registration.ttlSeconds,
    intervalSeconds: parts.intervalSeconds,
    keepsAlive: parts.keepsAlive,
    beat: (signal) => heartbeats.sendIfHealthy(signal),
    register: async (signal) => {
      const { timeoutMs } = heartbeats
      const { agent, pulse } = await registration.send({ signal, timeoutMs })
      registered = agent
      return pulse
    },
    failed: (error) => {
      outage.failed(error)
      events.tell('error', error)
    },
    lost: () => {
      const url = withoutPassword(registryUrl)
      logger.warn(`${who}: ${url} does not know it any more; registering again`)
      events.tell('lost', { agentId })
    },
    reregistered: () => {
      if (registered) events.tell('reregistered', registered)
    },
    recovered: (story) => {
      outage.succeeded()
      events.tell('recovered', story)
    },
  })
}
