import {
  createMcpHandler,
  isLegacyRequest,
  type McpHttpHandler,
} from '@modelcontextprotocol/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { VisibleAgents } from '../../access/visible-agents.ts'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import { McpMessage } from '../../operations/mcp-operations.ts'
import type { RequestAdmission } from '../access/request-admission.ts'
import type { Pipelining } from '../connections/pipelining.ts'
import type { EventStreams } from '../events/event-streams.ts'
import type { QueryAdmission } from '../queries/query-admission.ts'
import { Validator } from '../requests/validation.ts'
import { answerClientOf2025 } from './exchange-of-2025.ts'
import type { McpCall } from './mcp-call.ts'
import { createMcpServer } from './mcp-server.ts'
import { type ListenRequest, listenRequestIn } from './subscriptions/listen-request.ts'
import { ResourceChanges } from './subscriptions/resource-changes.ts'
import { SubscriptionBus } from './subscriptions/subscription-bus.ts'
import { webRequest } from './web-request.ts'

/** What the endpoint is made of. */
export interface McpEndpointParts {
  readonly repository: AgentRegistryRepository
  readonly queries: QueryAdmission
  readonly streams: EventStreams
  readonly requests: RequestAdmission
  readonly pipelining: Pipelining
}

/** One request, its response, and the agents that its caller sees. */
interface Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly agents: VisibleAgents
}

/** Whatever MCP says of messages: batches are none of them, since one request would be any number of queries. */
const message = new Validator<McpMessage>(McpMessage)

/**
 * Answers the messages of MCP. Each request has a server of its own, which knows what its caller sees and ends with
 * it: there are no sessions.
 */
export class McpEndpoint {
  readonly #parts: McpEndpointParts
  readonly #changes: ResourceChanges

  constructor(parts: McpEndpointParts) {
    this.#parts = parts
    this.#changes = new ResourceChanges(parts.repository)
  }

  /** Answers a request. @throws HttpProblem or RegistryError, as every other operation */
  async handle(
    request: FastifyRequest,
    reply: FastifyReply,
    agents: VisibleAgents,
  ): Promise<FastifyReply> {
    const listen = listenRequestIn(message.parse(request.body))
    const exchange = { request, reply, agents }
    const stream = listen && this.#openStream(exchange, listen)
    const failures: unknown[] = []
    const call = this.#callOf(exchange, (error) => failures.push(error))
    const response = await this.#answer(exchange, call, stream)
    if (failures.length > 0) throw failures[0]
    return send(reply, response)
  }

  async #answer(
    { request, reply }: Exchange,
    call: McpCall,
    stream: SubscriptionStream | undefined,
  ): Promise<Response> {
    const { body: parsedBody } = request
    const sent = webRequest(request, reply)
    if (await isLegacyRequest(sent, parsedBody)) {
      return answerClientOf2025(createMcpServer(call, 'legacy'), sent, parsedBody)
    }
    const handler = createMcpHandler(() => createMcpServer(call, 'modern'), {
      legacy: 'reject',
      maxSubscriptions: 1,
      ...(stream && { bus: stream.source }),
      onerror: (error) => request.log.debug({ err: error, reqId: request.id }, 'MCP request'),
    })
    const response = await handler.fetch(sent, { parsedBody })
    stream?.opened(handler)
    return response
  }

  #callOf({ reply, agents }: Exchange, failed: McpCall['failed']): McpCall {
    const { repository, queries } = this.#parts
    return { agents, history: repository, query: (run) => queries.run(reply.raw, run), failed }
  }

  /**
   * Counts a stream of notifications like those of the change feed, and ends it with them.
   *
   * @throws HttpProblem `OVERLOADED` or `QUOTA_EXCEEDED` if too many are open
   */
  #openStream({ request, reply, agents }: Exchange, listen: ListenRequest): SubscriptionStream {
    const { streams, requests, pipelining } = this.#parts
    const reservation = streams.reserve(requests.callerOf(request.raw), agents.narrow({}))
    let leave = (): void => undefined
    reply.raw.once('close', () => {
      reservation.release()
      leave()
    })
    // No request after a stream is ever handled.
    reply.header('connection', 'close')
    pipelining.end(request.raw.socket)
    return {
      source: new SubscriptionBus(this.#changes, { visible: agents, request: listen }),
      opened: (handler) => {
        // The client may have left already.
        if (reply.raw.closed) return
        const stream = { end: () => handler.close() }
        leave = streams.adopt(stream, requests.mayStillRead(request))
      },
    }
  }
}

/** A stream of notifications that is about to be opened. */
interface SubscriptionStream {
  readonly source: SubscriptionBus
  readonly opened: (handler: McpHttpHandler) => void
}

function send(reply: FastifyReply, { status, headers, body }: Response): FastifyReply {
  // Which connections stay open is decided elsewhere.
  headers.delete('connection')
  reply.code(status).headers(Object.fromEntries(headers))
  return body === null ? reply.send() : reply.send(body)
}
