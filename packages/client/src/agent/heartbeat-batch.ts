import type { CallOptions } from '../transport/call.ts'
import type { HeartbeatsNotAccepted, RegistryApi } from '../transport/registry-api.ts'
import { type AgentInstance, rejectsInstances } from './agent-instance.ts'
import type { Delivery } from './agent-report.ts'

/** The heartbeat of one agent of a batch. */
export interface BatchedHeartbeat {
  readonly agentId: string
  readonly instance: AgentInstance
  readonly delivery: Delivery
}

/** Sends a batch with the instances of its agents, or without if the registry does not know them. */
export async function sendBatch(
  api: RegistryApi,
  heartbeats: readonly BatchedHeartbeat[],
  options: CallOptions,
): Promise<HeartbeatsNotAccepted> {
  try {
    return await send(api, heartbeats, options)
  } catch (error) {
    if (!rejectsInstances(error)) throw error
    for (const { instance } of heartbeats) instance.disable()
    return await send(api, heartbeats, options)
  }
}

function send(
  api: RegistryApi,
  heartbeats: readonly BatchedHeartbeat[],
  options: CallOptions,
): Promise<HeartbeatsNotAccepted> {
  const [first, ...others] = new Set(heartbeats.map(({ instance }) => instance.id))
  // The agents of a process have the same one, unless they were given their own.
  const isShared = others.length === 0
  const entries = heartbeats.map(({ agentId, instance, delivery }) => ({
    agent_id: agentId,
    ...delivery.report,
    instance_id: isShared ? undefined : instance.id,
  }))
  return api.heartbeats(entries, { ...options, instanceId: isShared ? first : undefined })
}
