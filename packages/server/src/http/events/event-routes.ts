import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { currentBranch } from '../../domain/branch.ts'
import { AgentMatcher } from '../../domain/query/agent-matcher.ts'
import { isRegistryError, RegistryError } from '../../domain/registry-error.ts'
import { type FeedEvent, feedEvent } from '../../feed/feed-event.ts'
import type { FEED_PARAMETERS, HISTORY_PARAMETERS } from '../../operations/operation-parameters.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import type { SlicedWork } from '../../scheduling/time-slices.ts'
import type { RequestAdmission } from '../access/request-admission.ts'
import { agentIdOf, agentNotFound, sendJson } from '../agents/agent-routes.ts'
import type { PendingResponses } from '../connections/pending-responses.ts'
import type { Pipelining } from '../connections/pipelining.ts'
import { pageLink, setPosition } from '../lists/registry-position.ts'
import { type FilterParameters, toAgentFilter } from '../queries/agent-filter-query.ts'
import type { AdmittedQuery, QueryAdmission } from '../queries/query-admission.ts'
import { type ParameterValues, QueryParameters } from '../queries/query-parameters.ts'
import { route } from '../requests/routing.ts'
import { eventJson } from './event-json.ts'
import { searchEvents } from './event-search.ts'
import type { EventStreams } from './event-streams.ts'
import { notInHistory, revisionIn, streamId } from './stream-position.ts'
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
const STREAM_TYPE = 'text/event-stream'

/** Negotiates by weight (RFC 9110, 12.5.1), but only if the stream type is named: not by wildcard. */
function prefersStream({ raw }: FastifyRequest): boolean {
  if (!raw.headers.accept?.toLowerCase().includes(STREAM_TYPE)) return false
  return new Negotiator(raw).mediaType(['application/json', STREAM_TYPE]) === STREAM_TYPE
}

/** Adds the routes of the change feed (pages and streams) and of the history of one agent. */
export function eventRoutes(
  app: FastifyInstance,
  repository: AgentRegistryRepository,
  {
    streams,
    admission,
    pendingResponses,
    pipelining,
    requests,
  }: {
    streams: EventStreams
    requests: RequestAdmission
    admission: QueryAdmission
    pendingResponses: PendingResponses
    pipelining: Pipelining
  },
): void {
  route(app, 'listEvents', async (request, reply) => {
    const query = feedParameters.parse(request.query)
    if (prefersStream(request) || query.known.snapshot) {
      await stream(request, reply, query)
      return reply
    }
    await admission.run(reply.raw, (admitted) => sendPage(request, reply, { query, admitted }))
    return reply
  })

  route(app, 'agentEvents', async (request, reply) => {
    const agentId = agentIdOf(request)
    const { limit = DEFAULT_LIMIT, before } = historyParameters.parse(request.query).known
    await admission.run(reply.raw, async (admitted) => {
      const { signal, work } = admitted
      const found = await repository.historyOf(agentId, { limit: limit + 1, before, signal })
      const transitions = found.slice(-limit)
      if (found.length === 0 && !(await isKnown(agentId))) {
        throw agentNotFound(agentId, 'it never registered, or its history is no longer kept')
      }
      setPosition(reply, await repository.counts())
      const [first] = transitions
      if (found.length > limit && first) {
        reply.header('link', pageLink(request.url, 'prev', { before: String(first.revision) }))
      }
      const events = transitions.flatMap((transition) => feedEvent(transition, matchesAll) ?? [])
      await sendEvents(reply, events, work)
    })
    return reply
  })

  /** Whether an agent is registered, or was within the history. */
  async function isKnown(agentId: string): Promise<boolean> {
    if ((await repository.get(agentId)) !== undefined) return true
    return (await repository.historyOf(agentId, { limit: 1 })).length > 0
  }

  async function sendEvents(
    reply: FastifyReply,
    events: readonly FeedEvent[],
    work: SlicedWork,
  ): Promise<void> {
    const texts: string[] = []
    for (const event of events) {
      const text = eventJson(event)
      pendingResponses.reserve(reply.raw, text.length)
      texts.push(text)
      if (work.isOver) await work.next()
    }
    sendJson(reply, `[${texts.join(',')}]`)
  }

  type FeedQuery = ReturnType<typeof feedParameters.parse>

  async function sendPage(
    request: FastifyRequest,
    reply: FastifyReply,
    { query, admitted }: { query: FeedQuery; admitted: AdmittedQuery },
  ): Promise<void> {
    const { limit = DEFAULT_LIMIT, since } = query.known
    const matcher = new AgentMatcher(toAgentFilter(query))
    const counts = await repository.counts()
    let position = since === undefined ? (await oldestRevision()) - 1 : revisionIn(since, counts)
    if (position === undefined) {
      const why = notInHistory(since ?? '', counts)
      const oldest = { oldestRevision: await oldestRevision() }
      throw new RegistryError('REVISION_GONE', `${why}; read the whole list again`, oldest)
    }
    const found = await searchEvents(repository, { matcher, since: position, limit }, admitted)
    const { events, isLast } = found
    position = found.position
    setPosition(reply, { ...counts, revision: position })
    if (!isLast && position < (await repository.counts()).revision) {
      const next = streamId(currentBranch(counts), position)
      reply.header('link', pageLink(request.url, 'next', { since: next }))
    }
    await sendEvents(reply, events, admitted.work)
  }

  async function oldestRevision(): Promise<number> {
    try {
      await repository.eventsSince(0, 1)
      return 1
    } catch (error) {
      if (isRegistryError(error, 'REVISION_GONE')) return error.oldestRevision ?? 1
      throw error
    }
  }

  async function stream(request: FastifyRequest, reply: FastifyReply, query: FeedQuery) {
    const counts = await repository.counts()
    setPosition(reply, counts)
    const headers = reply.getHeaders() as Record<string, string | number>
    const { raw } = reply
    streams.requireCapacity()
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
      raw.end()
      return
    }
    pipelining.end(request.raw.socket)
    // Detects peers that vanished silently, even on streams without events.
    raw.socket?.setKeepAlive(true, 30_000)
    const retry = Math.round(RETRY_MS.min + Math.random() * (RETRY_MS.max - RETRY_MS.min))
    raw.write(`: Rollcall, ${currentBranch(counts)}:${counts.revision}\nretry: ${retry}\n\n`)
    await streams.serve(raw, {
      filter: toAgentFilter(query),
      loads: query.known.loads === true,
      start: startOf(request, query.known, counts),
      requestId: request.id,
      mayStillRead: requests.mayStillRead(request),
    })
  }
}
