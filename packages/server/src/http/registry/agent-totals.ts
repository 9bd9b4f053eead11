import type { VisibleAgents } from '../../access/visible-agents.ts'
import type {
  AgentRegistryRepository,
  ReadOptions,
  RegistryCounts,
} from '../../domain/agent-registry-repository.ts'
import { viewStatus } from '../../domain/query/agent-filter.ts'

/** How many agents there are. */
export interface AgentTotals {
  /** Dead or alive. */
  readonly registered: number
  readonly alive: number
  /** Held back by the brake on mass expiry; 0 while it is off. */
  readonly suspect: number
}

/** Returns the numbers of all agents, which the registry has counted. */
export async function totalsOfAll(
  repository: Pick<AgentRegistryRepository, 'countByStatus'>,
  { registered, alive, brake }: RegistryCounts,
): Promise<AgentTotals> {
  const suspect = brake === undefined ? 0 : (await repository.countByStatus()).suspect
  return { registered, alive, suspect }
}

/** Counts the agents that a caller sees: takes as long as their list. */
export async function countVisible(
  agents: Pick<VisibleAgents, 'listAll'>,
  options: ReadOptions,
): Promise<AgentTotals> {
  let registered = 0
  let alive = 0
  let suspect = 0
  for await (const page of agents.listAll({ includeDead: true }, options)) {
    registered += page.length
    for (const agent of page) {
      if (agent.alive) alive++
      if (viewStatus(agent) === 'suspect') suspect++
    }
  }
  return { registered, alive, suspect }
}
