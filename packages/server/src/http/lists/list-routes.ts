import { LIMITS } from '@rollcall/protocol'
import type { FastifyInstance } from 'fastify'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { AgentQuery } from '../../domain/query/agent-query.ts'
import type { LIST_PARAMETERS } from '../../operations/operation-parameters.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import { agentJson } from '../agents/agent-json.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import { type FilterParameters, toAgentFilter } from '../queries/agent-filter-query.ts'
import type { QueryAdmission } from '../queries/query-admission.ts'
import { type ParameterValues, QueryParameters } from '../queries/query-parameters.ts'
import { AgentListSender } from './agent-list-sender.ts'
import { readAgentPage } from './agent-page.ts'
import { type Cursor, decodeCursor, requireSameHistory } from './cursor.ts'
import { isNotModified } from './etag.ts'
import { targetGroupJson } from './prometheus-targets.ts'
import { pageLink, setPosition } from './registry-position.ts'

type ListParameters = FilterParameters & ParameterValues<typeof LIST_PARAMETERS>

const listParameters = new QueryParameters<ListParameters>(OPERATIONS.listAgents)
const targetParameters = new QueryParameters<FilterParameters>(OPERATIONS.prometheusTargets)

/** Adds the routes that list agents, as JSON and as Prometheus targets. */
export function listRoutes(
  app: FastifyInstance,
  history: Pick<AgentRegistryRepository, 'counts'>,
  options: { pendingResponses: PendingResponses; admission: QueryAdmission; reads: AgentReads },
): void {
  const { pendingResponses, admission, reads } = options
  const agents = new AgentListSender(agentJson, pendingResponses)
  const targets = new AgentListSender(targetGroupJson, pendingResponses)

  reads.route(app, 'listAgents', async (request, reply, visible) => {
    const { query, cursor } = toQuery(listParameters.parse(request.query), visible)
    const counts = await history.counts()
    if (cursor) requireSameHistory(cursor, counts)
    setPosition(reply, counts)
    if (dependsOnTransitionsOnly(query)) {
      const unchanged = isNotModified(request, reply, {
        history: counts,
        revision: counts.revision,
        variant: visible.tag,
      })
      // A lapse that is not recorded yet changes the list nevertheless.
      if (unchanged && !counts.lapsePending) return reply.code(304).send()
    }
    await admission.run(reply.raw, async (admitted) => {
      const { limit } = query
      if (limit === undefined) {
        await agents.send(reply, visible.listAll(query, admitted), admitted)
        return
      }
      const read = { history: counts, admitted }
      const page = await readAgentPage(visible, { ...query, limit }, read)
      if (page.nextCursor !== undefined) {
        reply.header('link', pageLink(request.url, 'next', { cursor: page.nextCursor }))
      }
      await agents.send(reply, asPages(page.agents), admitted)
    })
    return reply
  })

  reads.route(app, 'prometheusTargets', async (request, reply, visible) => {
    const filter = toAgentFilter(targetParameters.parse(request.query), visible)
    setPosition(reply, await history.counts())
    await admission.run(reply.raw, async (admitted) => {
      await targets.send(reply, visible.listAll(filter, admitted), admitted)
    })
    return reply
  })
}

function toQuery(
  parsed: ReturnType<typeof listParameters.parse>,
  visible: VisibleAgents,
): { query: AgentQuery; cursor?: Cursor } {
  const { sort, limit, cursor: text } = parsed.known
  const isById = sort === undefined || sort === 'agent_id'
  const query = {
    ...toAgentFilter(parsed, visible),
    sort,
    limit: limit ?? (isById ? undefined : LIMITS.pageSize),
  }
  if (text === undefined) return { query }
  const cursor = decodeCursor(text, query)
  return { query: { ...query, after: cursor.position }, cursor }
}

/** In the other orders, heartbeats move agents without a new revision. */
function dependsOnTransitionsOnly({ sort = 'agent_id' }: AgentQuery): boolean {
  return sort === 'agent_id' || sort.endsWith('registered_at')
}

async function* asPages(agents: readonly AgentRecord[]) {
  if (agents.length > 0) yield agents
}
