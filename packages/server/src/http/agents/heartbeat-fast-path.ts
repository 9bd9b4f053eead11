import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { HeartbeatReceipt } from '../../domain/heartbeat.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import type { OpenConnections } from '../connections/open-connections.ts'
import { hostCount } from '../requests/host-headers.ts'
import type { RequestHandler } from '../requests/request-handler.ts'
import { heartbeatReceiptJson, JSON_TYPE } from './agent-json.ts'

const PREFIX = '/agents/'
const SUFFIX = '/heartbeat'

/**
 * Answers plain heartbeats ahead of the framework: they are nearly all of a registry's traffic,
 * and the framework's routing, hooks and reply took a quarter of their time. Anything out of the
 * ordinary (a body, an escaped id, an unknown agent, trouble) goes the whole way, so that every
 * rule and every error still has one place. Both ways answer with the same bytes.
 */
export class HeartbeatFastPath {
  readonly #metrics: RegistryMetrics
  readonly #connections: OpenConnections
  #repository: AgentRegistryRepository | undefined
  /** What the store said to heartbeats that now go the whole way. */
  readonly #failures = new WeakMap<IncomingMessage, { readonly error: unknown }>()

  constructor(metrics: RegistryMetrics, connections: OpenConnections) {
    this.#metrics = metrics
    this.#connections = connections
  }

  /** From here on heartbeats may be answered. */
  open(repository: AgentRegistryRepository): void {
    this.#repository = repository
  }

  /** From here on everything goes the whole way. */
  close(): void {
    this.#repository = undefined
  }

  /** The given handler, with heartbeats answered before it. */
  before(handler: RequestListener): RequestHandler {
    return (request, response) => {
      const agentId = this.#repository && plainHeartbeat(request)
      if (agentId === undefined || this.#repository === undefined) {
        handler(request, response)
        return undefined
      }
      return this.#beat(this.#repository, agentId).then(
        (receipt) => {
          if (receipt === undefined) {
            handler(request, response)
            return false
          }
          this.#connections.noteHeartbeat(request.socket)
          this.#answer(response, receipt)
          return true
        },
        (error) => {
          this.#failures.set(request, { error })
          handler(request, response)
          return false
        },
      )
    }
  }

  /**
   * Asking a store in trouble a second time would double the wait for the answer.
   *
   * @throws what the store has answered this heartbeat with
   */
  throwFailureOf(request: IncomingMessage): void {
    const failure = this.#failures.get(request)
    if (failure) throw failure.error
  }

  /** Async, so that a store of the user's that throws where it should reject does no harm. */
  async #beat(repository: AgentRegistryRepository, agentId: string) {
    return repository.updateHeartbeat(agentId)
  }

  #answer(response: ServerResponse, receipt: HeartbeatReceipt): void {
    const text = heartbeatReceiptJson(receipt)
    this.#metrics.countPlainHeartbeat()
    // The text is ASCII, so its characters are its bytes.
    response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': text.length })
    response.end(text)
  }
}

/** The agent of a heartbeat without a body; undefined for every other request. */
function plainHeartbeat(request: IncomingMessage): string | undefined {
  const url = request.url as string
  if (request.method !== 'POST' || !url.startsWith(PREFIX) || !url.endsWith(SUFFIX)) {
    return undefined
  }
  const { headers } = request
  if (hostCount(request) !== 1) return undefined
  if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
    return undefined
  }
  const agentId = url.slice(PREFIX.length, -SUFFIX.length)
  // What no id can contain cannot be in the table either: the whole way tells what is wrong.
  return agentId.includes('%') || agentId.includes('/') || agentId.includes('?')
    ? undefined
    : agentId
}
