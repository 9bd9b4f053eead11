import { hash } from 'node:crypto'
import { DETAIL_SCHEMAS } from '@rollcall/protocol'
import { object } from '@rollcall/protocol/json-schema'
import type { FastifyReply } from 'fastify'
import type { VisibleAgents } from '../../../access/visible-agents.ts'
import type { AgentRecord } from '../../../domain/agent-record.ts'
import { positionOf } from '../../../domain/query/agent-query.ts'
import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import { type ARD_OPERATIONS, ArdSearchRequest } from '../../../operations/ard-operations.ts'
import { OPERATIONS } from '../../../operations/operations.ts'
import { sendJson } from '../../agents/agent-routes.ts'
import { allowAllPages } from '../../browsers/open-response.ts'
import { readAgentPage } from '../../lists/agent-page.ts'
import { decodeCursor, encodeCursor, requireSameHistory } from '../../lists/cursor.ts'
import { isNotModified } from '../../lists/etag.ts'
import { type ParameterValues, QueryParameters } from '../../queries/query-parameters.ts'
import { Validator } from '../../requests/validation.ts'
import { HttpProblem, shorten } from '../../responses/problem.ts'
import { type CatalogAddress, catalogAddress } from '../catalog-address.ts'
import type { CatalogExchange, CatalogParts } from '../catalog-parts.ts'
import { asArguments, invalidArgument } from './ard-problem.ts'
import { CatalogEntries, type CatalogEntry } from './catalog-entry.ts'
import { readFilter } from './entry-filter.ts'
import { readListFilter } from './list-filter.ts'
import { ownEntries } from './own-entries.ts'
import { decodePageToken, encodePageToken, isAfter } from './page-token.ts'
import { rankAgents } from './search.ts'

const searchRequest = new Validator<ArdSearchRequest>(ArdSearchRequest)
type ListParameters = ParameterValues<typeof ARD_OPERATIONS.ardEntries.query>
const listParameters = new QueryParameters<ListParameters>(OPERATIONS.ardEntries)
type ManifestParameters = ParameterValues<typeof ARD_OPERATIONS.ardManifest.query>
const manifestParameters = new QueryParameters<ManifestParameters>(OPERATIONS.ardManifest)

/** As agents may have one of their own. */
const entryPath = new Validator<{ identifier: string }>(
  object({ identifier: DETAIL_SCHEMAS.identifier.schema }),
  '/path',
)
const ORDERS = {
  identifier: 'agent_id',
  createdAt: 'registered_at',
  'createdAt desc': '-registered_at',
} as const

/** Answers the calls of Agentic Resource Discovery 0.91, and reads of AI Catalog 1.0. */
export class ArdEndpoint {
  readonly #parts: CatalogParts

  constructor(parts: CatalogParts) {
    this.#parts = parts
  }

  /** Sends a manifest: the registry itself, agents, and where more of them are. */
  async manifest({ request, reply, agents }: CatalogExchange, path: string): Promise<FastifyReply> {
    const { repository, queries, settings } = this.#parts
    if (settings.publicDiscovery === 'agents') allowAllPages(reply, 'ETag')
    const { cursor: text } = manifestParameters.parse(request.query).known
    const address = catalogAddress(request, settings)
    const query = { ...agents.narrow({}), limit: SERVER_LIMITS.manifestAgents.value }
    const cursor = text === undefined ? undefined : decodeCursor(text, query)
    const history = await repository.counts()
    if (cursor) requireSameHistory(cursor, history)
    const variant = this.#variantOf(address, agents)
    const { revision } = history
    const unchanged = isNotModified(request, reply, { history, revision, variant })
    // A lapse that is not recorded yet changes it nevertheless.
    if (unchanged && !history.lapsePending) return reply.code(304).send()
    const part = { ...query, after: cursor?.position }
    const entries = new CatalogEntries(settings, address)
    return queries.run(reply.raw, async (admitted) => {
      const page = await readAgentPage(agents, part, { history, admitted })
      const texts = cursor ? [] : ownEntries(settings, address).map((each) => JSON.stringify(each))
      for (const agent of page.agents) {
        texts.push(JSON.stringify(entries.of(agent)))
        if (admitted.work.isOver) await admitted.work.next()
      }
      const { nextCursor } = page
      if (nextCursor !== undefined) {
        texts.push(JSON.stringify(furtherPage(address, `${path}?cursor=${nextCursor}`)))
      }
      return this.#send(reply, manifestText(address, texts), path)
    })
  }

  /** Sends ranked results. @throws HttpProblem `INVALID_ARGUMENT` */
  async search({ request, reply, agents }: CatalogExchange): Promise<FastifyReply> {
    const { queries, settings } = this.#parts
    const sent = asArguments(() => searchRequest.parse(request.body))
    const { query, pageSize = 10, pageToken, federation } = sent
    if (!query.text.isWellFormed()) throw invalidArgument('/query/text', 'has a lone surrogate')
    const filter = readFilter(query.filter ?? {}, query['@context'])
    const position = pageToken === undefined ? undefined : decodePageToken(pageToken)
    const address = catalogAddress(request, settings)
    const entries = new CatalogEntries(settings, address)
    const search = { text: query.text, filter, agents, entries }
    const ranked = await queries.run(reply.raw, (admitted) => rankAgents(search, admitted))
    const rest = position ? ranked.filter((each) => isAfter(each, position)) : ranked
    const page = rest.slice(0, pageSize)
    const last = page.at(-1)
    const source = address.base + settings.ardPrefix
    const body = {
      results: page.map(({ agent, score }) => ({ ...entries.of(agent), score, source })),
      ...(federation === 'referrals' && { referrals: [] }),
      ...(last && rest.length > page.length && { pageToken: encodePageToken(last) }),
    }
    return sendJson(reply, JSON.stringify(body))
  }

  /** Sends a page of entries. @throws HttpProblem `INVALID_ARGUMENT` */
  async list({ request, reply, agents }: CatalogExchange): Promise<FastifyReply> {
    const { repository, queries, settings } = this.#parts
    const { known } = asArguments(() => listParameters.parse(request.query))
    const { filter: text, orderBy = 'identifier', pageSize = 20, pageToken } = known
    const filter = readListFilter(text)
    const sort = ORDERS[orderBy]
    const query = { ...agents.narrow(filter.fields.indexed), sort }
    const keyed = { ...query, text }
    const cursor = asArguments(() => pageToken && decodeCursor(pageToken, keyed))
    const history = await repository.counts()
    if (cursor) requireSameHistory(cursor, history)
    const entries = new CatalogEntries(settings, catalogAddress(request, settings))
    const part = { ...query, after: cursor ? cursor.position : undefined }
    const found: AgentRecord[] = await queries.run(reply.raw, async (admitted) => {
      const accepted: AgentRecord[] = []
      for await (const page of agents.listAll(part, admitted)) {
        accepted.push(...page.filter((agent) => filter.accepts(agent, entries)))
        if (accepted.length > pageSize) break
        if (admitted.work.isOver) await admitted.work.next()
      }
      return accepted
    })
    const last = found.length > pageSize ? found[pageSize - 1] : undefined
    const body = {
      items: found.slice(0, pageSize).map((agent) => entries.of(agent)),
      ...(last && { pageToken: encodeCursor(positionOf(last, sort), keyed, history) }),
    }
    return sendJson(reply, JSON.stringify(body))
  }

  /** Sends one entry. @throws HttpProblem `INVALID_ARGUMENT`, `ENTRY_NOT_FOUND` */
  async entry({ request, reply, agents }: CatalogExchange): Promise<FastifyReply> {
    const { identifier } = asArguments(() => entryPath.parse(request.params))
    const { repository, settings } = this.#parts
    const address = catalogAddress(request, settings)
    const entries = new CatalogEntries(settings, address)
    const own = ownEntries(settings, address).find((each) => each.identifier === identifier)
    if (own) return sendJson(reply.header('cache-control', 'no-cache'), JSON.stringify(own))
    const history = await repository.counts()
    const agent = await this.#find({ request, reply, agents }, { identifier, entries })
    if (agent === undefined) {
      const detail = `No entry has the identifier ${shorten(identifier)}.`
      throw new HttpProblem('ENTRY_NOT_FOUND', detail, { headers: { 'cache-control': 'no-cache' } })
    }
    const variant = this.#variantOf(address, agents) + (agent.alive ? 'a' : 'd')
    const { revision } = agent
    if (isNotModified(request, reply, { history, revision, variant })) return reply.code(304).send()
    return sendJson(reply, JSON.stringify(entries.of(agent)))
  }

  async #find(
    { reply, agents }: CatalogExchange,
    { identifier, entries }: { identifier: string; entries: CatalogEntries },
  ): Promise<AgentRecord | undefined> {
    const agentId = entries.agentIdOf(identifier)
    const derived = agentId === undefined ? undefined : await agents.get(agentId)
    if (derived && entries.identifierOf(derived) === identifier) return derived
    const query = { details: { identifier }, includeDead: true }
    return this.#parts.queries.run(reply.raw, async (admitted) => {
      let dead: AgentRecord | undefined
      for await (const page of agents.listAll(query, admitted)) {
        const alive = page.find((agent) => agent.alive)
        if (alive) return alive
        dead ??= page[0]
      }
      return dead
    })
  }

  /** What the same agents are shown differently by: settings, the address of the registry, and who asks. */
  #variantOf(address: CatalogAddress, agents: VisibleAgents): string {
    const { settings } = this.#parts
    const content = JSON.stringify([settings, address, agents.tag])
    return `c${hash('sha256', content, 'hex').slice(0, 12)}`
  }

  #send(reply: FastifyReply, text: string, path: string): FastifyReply {
    this.#parts.pendingResponses.reserve(reply.raw, text.length)
    if (path.endsWith('/ard.json')) return sendJson(reply, text)
    return reply.header('content-type', 'application/ai-catalog+json').send(text)
  }
}

function manifestText({ publisher }: CatalogAddress, entries: readonly string[]): string {
  const host = { displayName: 'Rollcall', identifier: publisher }
  return `{"specVersion":"1.0","host":${JSON.stringify(host)},"entries":[${entries.join(',')}]}`
}

function furtherPage({ base, publisher }: CatalogAddress, path: string): CatalogEntry {
  return {
    identifier: `urn:air:${publisher}:catalog:${hash('sha256', path, 'hex').slice(0, 12)}`,
    displayName: 'More agents',
    type: 'application/ai-catalog+json',
    url: base + path,
    description: 'The agents after these, in the order of their ids.',
  }
}
