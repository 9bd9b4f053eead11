import { hash } from 'node:crypto'
import { type CardReceipt, type CardVerification, ERROR_CODES } from '@rollcall/protocol'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRecord } from '../../domain/agent-record.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { viewStatus } from '../../domain/query/agent-filter.ts'
import type { AgentReads } from '../access/agent-reads.ts'
import { agentIdOf, agentNotFound, sendJson } from '../agents/agent-routes.ts'
import { changeConditionOf } from '../agents/change-condition-headers.ts'
import { allowAllPages } from '../browsers/open-response.ts'
import { route } from '../requests/routing.ts'
import { validationFailed } from '../requests/validation.ts'
import { HttpProblem } from '../responses/problem.ts'
import { type KeptCard, projectCard } from './card-projection.ts'
import { type ReadCard, readCard } from './read-card.ts'
import type { CardVerifier } from './signatures/card-verifier.ts'

/** Only the client itself may keep it, and asks each time: an agent may change its card at any moment. */
const CACHE_CONTROL = 'private, max-age=0, must-revalidate'

/** Adds the routes that read and change the cards of agents. */
export function cardRoutes(
  app: FastifyInstance,
  repository: AgentRegistryRepository,
  { reads, verifier }: { reads: AgentReads; verifier: CardVerifier },
): void {
  reads.route(app, 'getCard', async (request, reply, agents) => {
    const { agent, text } = await find(request, agents)
    return send(request, reply, { agent, text })
  })

  reads.route(app, 'getWellKnownCard', async (request, reply, agents) => {
    const { agent, text, format } = await find(request, agents)
    const version = request.headers['a2a-version']
    reply.header('vary', varyOf(reply, 'A2A-Version'))
    return send(request, reply, { agent, text: projectCard({ text, format }, version) })
  })

  reads.route(app, 'verifyCard', async (request, reply, agents) => {
    const { agent, text } = await find(request, agents)
    const verified = await verifier.verify(JSON.parse(text))
    const verification: CardVerification = {
      agent_id: agent.agentId,
      result: verified.result,
      etag: etagOf(text),
      checked_at: new Date().toISOString(),
      signatures: [...verified.signatures],
    }
    return sendJson(reply, JSON.stringify(verification))
  })

  route(app, 'setCard', async (request, reply) => {
    const agentId = agentIdOf(request)
    const condition = changeConditionOf(request)
    const card = readCard(textOf(request), '')
    const agent = await repository.setCard(agentId, card, condition)
    if (agent === undefined) throw agentNotFound(agentId, 'register it first')
    return sendJson(reply, JSON.stringify(receiptOf(agent, card)))
  })

  route(app, 'removeCard', async (request, reply) => {
    const agentId = agentIdOf(request)
    const agent = await repository.setCard(agentId, null, changeConditionOf(request))
    if (agent === undefined) throw agentNotFound(agentId, 'it was removed, or never registered')
    return sendJson(reply, JSON.stringify(receiptOf(agent)))
  })
}

function textOf({ body }: FastifyRequest): string {
  if (typeof body === 'string') return body
  throw validationFailed([{ pointer: '', message: 'is missing; send a JSON object' }])
}

function receiptOf({ agentId, revision }: AgentRecord, card?: ReadCard): CardReceipt {
  return {
    agent_id: agentId,
    has_card: card !== undefined,
    format: card?.format ?? 'other',
    revision,
    warnings: [...(card?.warnings ?? [])],
  }
}

interface FoundCard extends KeptCard {
  readonly agent: AgentRecord
}

/** Finds the card that a request names. @throws HttpProblem `CARD_NOT_FOUND`, RegistryError `AGENT_NOT_FOUND` */
async function find(request: FastifyRequest, agents: VisibleAgents): Promise<FoundCard> {
  const agentId = agentIdOf(request)
  const agent = await agents.get(agentId)
  if (agent === undefined) throw agentNotFound(agentId, 'check the id, or list GET /agents')
  const text = agent.card === null ? undefined : await agents.card(agentId)
  if (agent.card === null || text === undefined) {
    throw new HttpProblem(
      'CARD_NOT_FOUND',
      `Agent ${agentId} has no card. ${ERROR_CODES.CARD_NOT_FOUND.remedy}`,
    )
  }
  return { agent, text, format: agent.card.format }
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  { agent, text }: { readonly agent: AgentRecord; readonly text: string },
): FastifyReply {
  const etag = etagOf(text)
  reply
    .header('etag', etag)
    .header('cache-control', CACHE_CONTROL)
    .header('last-modified', new Date(agent.updatedAtMs).toUTCString())
    .header('rollcall-agent-status', viewStatus(agent))
  allowAllPages(reply, 'ETag, Last-Modified, Rollcall-Agent-Status')
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send()
  return sendJson(reply, text)
}

/** Of the bytes themselves: a record and a card that are read one after the other may differ. */
function etagOf(text: string): string {
  return `"${hash('sha256', text, 'base64url')}"`
}

function varyOf(reply: FastifyReply, name: string): string {
  const others = reply.getHeader('vary')
  return others === undefined ? name : `${others}, ${name}`
}

/** Compares weakly, as RFC 9110 requires for reads. */
function isKnown(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false
  return header.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()))
}
