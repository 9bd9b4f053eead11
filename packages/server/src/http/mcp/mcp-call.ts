import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { EventHistory } from '../events/event-page.ts'
import type { AdmittedQuery } from '../queries/query-admission.ts'

/** One request of a client of MCP: what it may read, and how. */
export interface McpCall {
  /** The agents that the caller sees. */
  readonly agents: VisibleAgents
  readonly history: EventHistory
  /** Runs a query as soon as it can be admitted, like those of other requests. */
  query<T>(run: (admitted: AdmittedQuery) => Promise<T>): Promise<T>
  /** Notes that the registry itself has failed: the response is then that of every other request that fails so. */
  failed(error: unknown): void
}
