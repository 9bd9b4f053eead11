import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { HistoryPosition } from '../../domain/history-position.ts'
import { type AgentQuery, positionOf } from '../../domain/query/agent-query.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'
import { encodeCursor } from './cursor.ts'

/** A part of a list. */
export interface AgentPage {
  readonly agents: readonly AgentRecord[]
  /** Where the next page begins; undefined: this is the last one. */
  readonly nextCursor: string | undefined
}

/**
 * Reads a page of a list.
 *
 * @param history the position of the history before the read, which the cursor names
 */
export async function readAgentPage(
  visible: VisibleAgents,
  query: AgentQuery & { readonly limit: number },
  { history, admitted }: { history: HistoryPosition; admitted: AdmittedQuery },
): Promise<AgentPage> {
  const { limit } = query
  const found: AgentRecord[] = []
  // One more, to know whether there are others.
  for await (const part of visible.listAll({ ...query, limit: limit + 1 }, admitted)) {
    found.push(...part)
  }
  const last = found.length > limit ? found[limit - 1] : undefined
  const nextCursor = last && encodeCursor(positionOf(last, query.sort), query, history)
  return { agents: found.slice(0, limit), nextCursor }
}
