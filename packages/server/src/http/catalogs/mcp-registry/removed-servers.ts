import type { VisibleAgents } from '../../../access/visible-agents.ts'
import type { AgentRegistryRepository } from '../../../domain/agent-registry-repository.ts'
import { isRegistryError } from '../../../domain/registry-error.ts'
import { isRemoval, type Transition } from '../../../domain/transition.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { AdmittedQuery } from '../../queries/query-admission.ts'

/** Transitions read at once. */
const PAGE = 500

/** Where servers that are gone are looked for. */
interface Removals {
  readonly history: Pick<AgentRegistryRepository, 'eventsSince'>
  readonly revision: number
  readonly agents: VisibleAgents
}

/** Reads the removals of MCP servers that a caller saw from the newest part of the history, oldest first. */
export async function* removedServers(
  { history, revision, agents }: Removals,
  admitted: AdmittedQuery,
): AsyncGenerator<Transition> {
  let position = Math.max(0, revision - SERVER_LIMITS.mcpTombstones.value)
  while (position < revision) {
    const transitions = await read(history, position, admitted)
    if (transitions.length === 0) return
    for (const transition of transitions) {
      const { type, agentId, agent } = transition
      const isServer = isRemoval(type) && agent.details.protocol === 'mcp'
      if (isServer && agents.include(agentId)) yield transition
      position = transition.revision
    }
    if (admitted.work.isOver) await admitted.work.next()
  }
}

/** Reads from the oldest transition that there is, if the history does not reach so far. */
async function read(
  history: Removals['history'],
  position: number,
  admitted: AdmittedQuery,
): Promise<readonly Transition[]> {
  try {
    return await history.eventsSince(position, PAGE, admitted)
  } catch (error) {
    const oldest = isRegistryError(error) ? error.oldestRevision : undefined
    if (oldest === undefined || oldest - 1 <= position) throw error
    return await history.eventsSince(oldest - 1, PAGE, admitted)
  }
}
