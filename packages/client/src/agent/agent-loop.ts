import { withoutPassword } from '@rollcall/protocol'
import type { ClientEvents, EventEmitter } from '../client-events.ts'
import type { ClientLogger } from '../client-logger.ts'
import type { ClientClock } from '../clock.ts'
import type { Agent } from '../transport/wire.ts'
import type { AgentHeartbeats } from './agent-heartbeats.ts'
import type { AgentRegistration } from './agent-registration.ts'
import { HeartbeatLoop } from './heartbeat-loop.ts'
import { OutageLog } from './outage-log.ts'

/** Creates the loop that keeps one agent registered and emits its events. */
export function createAgentLoop(parts: {
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
  const subject = `agent ${agentId}`
  const outage = new OutageLog(logger, { subject, problem: 'cannot send heartbeats', registryUrl })
  let registered: Agent | undefined
  return new HeartbeatLoop({
    clock: parts.clock,
    ttlSeconds: registration.ttlSeconds,
    intervalSeconds: parts.intervalSeconds,
    askedIntervalSeconds: registration.askedIntervalSeconds,
    keepsAlive: parts.keepsAlive,
    sendHeartbeat: (signal) => heartbeats.sendIfHealthy(signal),
    register: async (signal) => {
      const { timeoutMs } = heartbeats
      const { agent, schedule } = await registration.send({ signal, timeoutMs })
      registered = agent
      return schedule
    },
    failed: (error) => {
      outage.failed(error)
      events.emit('error', error)
    },
    lost: () => {
      const url = withoutPassword(registryUrl)
      logger.warn(`${subject}: ${url} no longer knows it; registering again`)
      events.emit('lost', { agentId })
    },
    reregistered: () => {
      if (registered) events.emit('reregistered', registered)
    },
    recovered: (details) => {
      outage.succeeded()
      events.emit('recovered', details)
    },
  })
}
