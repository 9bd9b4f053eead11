import { isApiError } from '../errors/api-error.ts'
import type { RegistryApi } from '../transport/registry-api.ts'
import type { AgentInstance } from './agent-instance.ts'

/** Deregisters an agent. Returns false if it is unknown, or another instance has taken over. */
export async function deregister(
  { api, agentId, instance }: { api: RegistryApi; agentId: string; instance: AgentInstance },
  options: Parameters<RegistryApi['deregister']>[1],
): Promise<boolean> {
  if (instance.isSuperseded) return false
  try {
    return await instance.send((instanceId) => api.deregister(agentId, { ...options, instanceId }))
  } catch (error) {
    if (isApiError(error, 'SUPERSEDED')) return false
    throw error
  }
}
