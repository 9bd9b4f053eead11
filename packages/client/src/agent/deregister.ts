import type { ClientLogger } from '../client-logger.ts'
import { isApiError } from '../errors/api-error.ts'
import type { RegistryApi } from '../transport/registry-api.ts'
import type { AgentInstance } from './agent-instance.ts'

/** Milliseconds for deregistering on close: short, to not delay a shutdown. */
export const DEREGISTER_TIMEOUT_MS = 2000

/** An agent as it leaves. */
interface Leaving {
  readonly api: RegistryApi
  readonly agentId: string
  readonly instance: AgentInstance
}

/** Deregisters an agent on a best-effort basis: the lease lapses otherwise. */
export async function sayGoodbye(agent: Leaving, logger: ClientLogger): Promise<void> {
  try {
    await deregister(agent, { timeoutMs: DEREGISTER_TIMEOUT_MS, outlivesClient: true })
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    logger.warn(`agent ${agent.agentId} could not be deregistered: ${reason}`)
  }
}

/** Deregisters an agent. Returns false if it is unknown, or another instance has taken over. */
export async function deregister(
  { api, agentId, instance }: Leaving,
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
