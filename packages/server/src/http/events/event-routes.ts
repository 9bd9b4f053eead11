import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { currentBranch } from '../../domain/branch.ts'
import type { AgentFilter } from '../../domain/query/agent-filter.ts'
import { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import { type FeedEvent, feedEvent } from '../../feed/feed-event.ts'
import type { FEED_PARAMETERS, HISTORY_PARAMETERS } from '../../operations/operation-parameters.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import type { RequestAdmission } from '../access/request-admission.ts'
import { agentIdOf, agentNotFound, sendJson } from '../agents/agent-routes.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import type { Pipelining } from '../connections/pipelining.ts'
import { pageLink, setPosition } from '../lists/registry-position.ts'
import { type FilterParameters, toAgentFilter } from '../queries/agent-filter-query.ts'
import type { AdmittedQuery, QueryAdmission } from '../queries/query-admission.ts'
import { type ParameterValues, QueryParameters } from '../queries/query-parameters.ts'
import { CLOUD_EVENTS_TYPE, type CloudEvents } from './cloud-event.ts'
import { eventJson } from './event-json.ts'
import { readEventPage } from './event-page.ts'
import type { EventStreams } from './event-streams.ts'
import { streamId } from './stream-position.ts'
import { startOf } from './stream-start.ts'

type FeedParameters = FilterParameters & ParameterValues<typeof FEED_PARAMETERS>

/** Default number of events per page. */
const DEFAULT_LIMIT = 100
/** Milliseconds after which a client reconnects; random, to spread reconnects after a restart. */
const RETRY_MS = { min: 500, max: 3000 }

const feedParameters = new QueryParameters<FeedParameters>(OPERATIONS.listEvents)
const historyParameters = new QueryParameters<ParameterValues<typeof HISTORY_PARAMETERS>>(
  OPERATIONS.agentEvents,
)
const matchesAll = new AgentMatcher()
const JSON_PAGE = 'application/json'
const STREAM_TYPE = 'text/event-stream'

/** Negotiates by weight (RFC 9110, 12.5.1), but only among types that are named: not by wildcard. */
function prefers({ raw }: FastifyRequest, type: string): boolean {
  const accept = raw.headers.accept?.toLowerCase() ?? ''
  const named = [STREAM_TYPE, CLOUD_EVENTS_TYPE].filter((each) => accept.includes(each))
  // Most requests name none of them, and are not parsed.
  return named.length > 0 && new Negotiator(raw).mediaType([JSON_PAGE, ...named]) === type
}

/** Whether an agent is registered, or was within the history. */
async function isKnown(agents: VisibleAgents, agentId: string): Promise<boolean> {
  if ((await agents.get(agentId)) !== undefined) return true
  return (await agents.historyOf(agentId, { limit: 1 })).length > 0
}

/** Adds the routes of the change feed (pages and streams) and of the history of one agent. */
export function eventRoutes(
  app: FastifyInstance,
  history: Pick<AgentRegistryRepository, 'counts' | 'eventsSince'>,
  {
    streams,
    cloudEvents,
    reads,
    admission,
    pendingResponses,
    pipelining,
    requests,
  }: {
    streams: EventStreams
    cloudEvents: CloudEvents
    reads: AgentReads
    requests: RequestAdmission
    admission: QueryAdmission
    pendingResponses: PendingResponses
    pipelining: Pipelining
  },
): void {
  reads.route(app, 'listEvents', async (request, reply, agents) => {
    const parsed = feedParameters.parse(request.query)
    const query = { known: parsed.known, filter: toAgentFilter(parsed, agents) }
    if (prefers(request, STREAM_TYPE) || query.known.snapshot) {
      await stream(request, reply, query)
      return reply
    }
    await admission.run(reply.raw, (admitted) => sendPage(request, reply, { query, admitted }))
    return reply
  })

  reads.route(app, 'agentEvents', async (request, reply, agents) => {
    const agentId = agentIdOf(request)
    const { limit = DEFAULT_LIMIT, before } = historyParameters.parse(request.query).known
    await admission.run(reply.raw, async (admitted) => {
      const { signal, work } = admitted
      const found = await agents.historyOf(agentId, { limit: limit + 1, before, signal })
      const transitions = found.slice(-limit)
      if (found.length === 0 && !(await isKnown(agents, agentId))) {
        throw agentNotFound(agentId, 'it never registered, or its history is no longer kept')
      }
      setPosition(reply, await history.counts())
      const [first] = transitions
      if (found.length > limit && first) {
        reply.header('link', pageLink(request.url, 'prev', { before: String(first.revision) }))
      }
      const events = transitions.flatMap((transition) => feedEvent(transition, matchesAll) ?? [])
      sendJson(reply, await jsonOf(reply, events, { work, encode: eventJson }))
    })
    return reply
  })

  async function jsonOf(
    reply: FastifyReply,
    events: readonly FeedEvent[],
    { work, encode }: { work: SlicedWork; encode: (event: FeedEvent) => string },
  ): Promise<string> {
    const texts: string[] = []
    for (const event of events) {
      const text = encode(event)
      pendingResponses.reserve(reply.raw, text.length)
      texts.push(text)
      if (work.isOver) await work.next()
    }
    return `[${texts.join(',')}]`
  }

  interface FeedQuery {
    readonly known: FeedParameters
    readonly filter: AgentFilter
  }

  async function sendPage(
    request: FastifyRequest,
    reply: FastifyReply,
    { query, admitted }: { query: FeedQuery; admitted: AdmittedQuery },
  ): Promise<void> {
    const { limit = DEFAULT_LIMIT, since } = query.known
    const { filter } = query
    const page = await readEventPage(history, { since, filter, limit }, admitted)
    const { events, position, isLast, counts } = page
    setPosition(reply, { ...counts, revision: position })
    if (!isLast && position < (await history.counts()).revision) {
      const next = streamId(currentBranch(counts), position)
      reply.header('link', pageLink(request.url, 'next', { since: next }))
    }
    const { work } = admitted
    if (!prefers(request, CLOUD_EVENTS_TYPE)) {
      sendJson(reply, await jsonOf(reply, events, { work, encode: eventJson }))
      return
    }
    const encode = (event: FeedEvent) => cloudEvents.event(event, counts)
    const json = await jsonOf(reply, events, { work, encode })
    reply.type(`${CLOUD_EVENTS_TYPE}; charset=utf-8`).send(json)
  }

  async function stream(request: FastifyRequest, reply: FastifyReply, query: FeedQuery) {
    const counts = await history.counts()
    setPosition(reply, counts)
    const headers = reply.getHeaders() as Record<string, string | number>
    const { raw } = reply
    const reservation = streams.reserve(requests.callerOf(request.raw), query.filter)
    // Discard the body: an unread one would hide that the client has disconnected.
    request.raw.resume()
    reply.hijack()
    raw.writeHead(200, {
      ...headers,
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
      // No request after a stream is ever handled.
      connection: 'close',
      // Keeps proxies from buffering events.
      'x-accel-buffering': 'no',
    })
    if (request.method === 'HEAD') {
      reservation.release()
      raw.end()
      return
    }
    pipelining.end(request.raw.socket)
    // Detects peers that vanished silently, even on streams without events.
    raw.socket?.setKeepAlive(true, 30_000)
    const retry = Math.round(RETRY_MS.min + Math.random() * (RETRY_MS.max - RETRY_MS.min))
    raw.write(`: Rollcall, ${currentBranch(counts)}:${counts.revision}\nretry: ${retry}\n\n`)
    await streams.serve(raw, {
      ...{ filter: query.filter, reservation },
      loads: query.known.loads === true,
      start: startOf(request, query.known, counts),
      requestId: request.id,
      mayStillRead: requests.mayStillRead(request),
    })
  }
}
