import { LIMITS } from '@rollcall/protocol'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { type AgentQuery, positionOf } from '../../domain/query/agent-query.ts'
import type { LIST_PARAMETERS } from '../../operations/operation-parameters.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { agentJson } from '../agents/agent-json.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import { type FilterParameters, toAgentFilter } from '../queries/agent-filter-query.ts'
import type { QueryAdmission } from '../queries/query-admission.ts'
import { type ParameterValues, QueryParameters } from '../queries/query-parameters.ts'
import { route } from '../requests/routing.ts'
import { AgentListSender } from './agent-list-sender.ts'
import { type Cursor, decodeCursor, encodeCursor, requireSameHistory } from './cursor.ts'
import { isNotModified } from './etag.ts'
import { targetGroupJson } from './prometheus-targets.ts'
import { pageLink, setPosition } from './registry-position.ts'

type ListParameters = FilterParameters & ParameterValues<typeof LIST_PARAMETERS>

const listParameters = new QueryParameters<ListParameters>(OPERATIONS.listAgents)
const targetParameters = new QueryParameters<FilterParameters>(OPERATIONS.prometheusTargets)

/** Adds the routes that list agents, as JSON and as Prometheus targets. */
export function listRoutes(
  app: FastifyInstance,
  repository: AgentRegistryRepository,
  options: { pendingResponses: PendingResponses; admission: QueryAdmission },
): void {
  const { pendingResponses, admission } = options
  const agents = new AgentListSender(agentJson, pendingResponses)
  const targets = new AgentListSender(targetGroupJson, pendingResponses)

  route(app, 'listAgents', async (request, reply) => {
    const { query, cursor } = toQuery(listParameters.parse(request.query))
    const counts = await repository.counts()
    if (cursor) requireSameHistory(cursor, counts)
    setPosition(reply, counts)
    if (dependsOnTransitionsOnly(query)) {
      const unchanged = isNotModified(request, reply, {
        history: counts,
        revision: counts.revision,
      })
      // A lapse that is not recorded yet changes the list nevertheless.
      if (unchanged && !counts.lapsePending) return reply.code(304).send()
    }
    await admission.run(reply.raw, async (admitted) => {
      if (query.limit === undefined) {
        await agents.send(reply, repository.listAll(query, admitted), admitted)
        return
      }
      const page = await collect(repository.listAll({ ...query, limit: query.limit + 1 }, admitted))
      const next = page.length > query.limit ? page[query.limit - 1] : undefined
      if (next) {
        const end = encodeCursor(positionOf(next, query.sort), query, counts)
        reply.header('link', pageLink(request.url, 'next', { cursor: end }))
      }
      await agents.send(reply, asPages(page.slice(0, query.limit)), admitted)
    })
    return reply
  })

  route(app, 'prometheusTargets', async (request, reply: FastifyReply) => {
    const filter = toAgentFilter(targetParameters.parse(request.query))
    setPosition(reply, await repository.counts())
    await admission.run(reply.raw, async (admitted) => {
      await targets.send(reply, repository.listAll(filter, admitted), admitted)
    })
    return reply
  })
}

function toQuery(parsed: ReturnType<typeof listParameters.parse>): {
  query: AgentQuery
  cursor?: Cursor
} {
  const { sort, limit, cursor: text } = parsed.known
  const isById = sort === undefined || sort === 'agent_id'
  const query = {
    ...toAgentFilter(parsed),
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

/** Collects all agents of a short list. */
async function collect(pages: AsyncIterable<readonly AgentRecord[]>): Promise<AgentRecord[]> {
  const found: AgentRecord[] = []
  for await (const page of pages) found.push(...page)
  return found
}

async function* asPages(agents: readonly AgentRecord[]) {
  if (agents.length > 0) yield agents
}
