import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { AgentRegistryRepository } from '../../domain/agent-registry-repository.ts'
import type { Caller } from '../../domain/caller.ts'
import type { HeartbeatReceipt } from '../../domain/heartbeat.ts'
import type { RegistryMetrics } from '../../telemetry/registry-metrics.ts'
import type { RequestAdmission } from '../access/request-admission.ts'
import { callerIn } from '../access/request-caller.ts'
import type { BrowserGuard } from '../browsers/browser-guard.ts'
import type { OpenConnections } from '../connections/open-connections.ts'
import type { OverloadGuard } from '../overload/overload-guard.ts'
import { repeatedHeader } from '../requests/repeated-header.ts'
import type { RequestHandler } from '../requests/request-handler.ts'
import { heartbeatReceiptJson, JSON_TYPE } from './agent-json.ts'
import { INSTANCE_HEADER } from './change-condition-headers.ts'

const PREFIX = '/agents/'
const SUFFIX = '/heartbeat'

/**
 * Handles plain heartbeats before the framework: they are nearly all of a registry's traffic, and the
 * routing, hooks and reply of the framework took a quarter of their time. Everything unusual (a body,
 * an escaped id, a condition, an unknown agent, a browser, a caller that is not known yet, a failure) takes the
 * slow path through the framework, so that every rule and error is implemented only once. Both paths send
 * identical responses.
 */
export class HeartbeatFastPath {
  readonly #metrics: RegistryMetrics
  readonly #connections: OpenConnections
  readonly #admission: RequestAdmission
  readonly #browserGuard: BrowserGuard
  readonly #overload: OverloadGuard
  #repository: AgentRegistryRepository | undefined
  /** The errors of heartbeats that continue on the slow path. */
  readonly #failures = new WeakMap<IncomingMessage, { readonly error: unknown }>()

  constructor(parts: {
    metrics: RegistryMetrics
    connections: OpenConnections
    admission: RequestAdmission
    browserGuard: BrowserGuard
    overload: OverloadGuard
  }) {
    this.#metrics = parts.metrics
    this.#connections = parts.connections
    this.#admission = parts.admission
    this.#browserGuard = parts.browserGuard
    this.#overload = parts.overload
  }

  /** Enables the fast path. */
  open(repository: AgentRegistryRepository): void {
    this.#repository = repository
  }

  /** Disables the fast path: everything takes the slow path. */
  close(): void {
    this.#repository = undefined
  }

  /** Wraps a handler, which receives everything that the fast path does not handle. */
  wrap(handler: RequestListener): RequestHandler {
    return (request, response) => {
      const agentId = this.#repository && plainHeartbeat(request)
      const isPlain = agentId !== undefined && this.#browserGuard.isPlain(request.headers)
      const sender = isPlain ? this.#admission.senderOfHeartbeat(request, agentId) : undefined
      if (agentId === undefined || this.#repository === undefined || sender === undefined) {
        handler(request, response)
        return undefined
      }
      const caller = callerIn(request, sender)
      return this.#renew(this.#repository, agentId, { request, caller }).then(
        (receipt) => {
          if (receipt === undefined) {
            handler(request, response)
            return false
          }
          this.#connections.noteHeartbeat(request.socket)
          this.#respond(response, receipt)
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
   * Rethrows the failure of the fast path, because calling a failing store a second time would double
   * the response time.
   *
   * @throws the error that the store threw for this heartbeat
   */
  throwFailureOf(request: IncomingMessage): void {
    const failure = this.#failures.get(request)
    if (failure) throw failure.error
  }

  /** Async, so that a custom store may throw where it should reject. */
  async #renew(
    repository: AgentRegistryRepository,
    agentId: string,
    { request, caller }: { request: IncomingMessage; caller: Caller },
  ) {
    const instanceId = request.headers[INSTANCE_HEADER] as string | undefined
    return repository.updateHeartbeat(agentId, { caller, instanceId })
  }

  #respond(response: ServerResponse, receipt: HeartbeatReceipt): void {
    const text = heartbeatReceiptJson(receipt, this.#overload.intervalFactor)
    this.#metrics.countPlainHeartbeat()
    // The text is ASCII, so its length is the number of bytes.
    response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': text.length })
    response.end(text)
  }
}

/** Returns the agent id of a heartbeat without a body; undefined for every other request. */
function plainHeartbeat(request: IncomingMessage): string | undefined {
  const url = request.url as string
  if (request.method !== 'POST' || !url.startsWith(PREFIX) || !url.endsWith(SUFFIX)) {
    return undefined
  }
  const { headers } = request
  if (headers.host === undefined || headers['if-match'] !== undefined) return undefined
  if (repeatedHeader(request) !== undefined) return undefined
  if ((headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined) {
    return undefined
  }
  const agentId = url.slice(PREFIX.length, -SUFFIX.length)
  // No id contains these characters: the slow path reports what is wrong.
  return agentId.includes('%') || agentId.includes('/') || agentId.includes('?')
    ? undefined
    : agentId
}
