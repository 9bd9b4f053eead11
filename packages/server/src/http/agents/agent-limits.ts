import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { AgentLimit, type AgentLimitOptions, type RegisterAgent } from './agent-limit.ts'
import { AgentQuota } from './agent-quota.ts'

/**
 * Returns the way in which callers register agents: within the limit of one principal, if there is a lower one, and
 * within that of all agents.
 */
export async function limitAgents(
  repository: AgentRegistryRepository,
  {
    maxAgentsPerCaller,
    ...limits
  }: Omit<AgentLimitOptions, 'repository'> & {
    /** Agents that one principal may own; 0: as many as there may be. */
    readonly maxAgentsPerCaller: number
  },
): Promise<RegisterAgent> {
  const limit = await AgentLimit.of({ repository, ...limits })
  const register: RegisterAgent = (...registration) => limit.register(...registration)
  // What cannot be reached is not counted.
  if (maxAgentsPerCaller === 0 || maxAgentsPerCaller >= limits.maxAgents) return register
  const quota = new AgentQuota({ repository, maxAgentsPerCaller, register })
  return (...registration) => quota.register(...registration)
}
