import type { IncomingMessage } from 'node:http'
import type { Scope } from '@rollcall/protocol'
import type { FastifyRequest } from 'fastify'
import type { AccessControl } from '../../access/access-control.ts'
import { digestOf } from '../../access/access-token.ts'
import { coversAgent, hasScope, type Principal, UNRESTRICTED } from '../../access/principal.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { forbiddenAgent, forbiddenScope, unauthenticated } from './access-problems.ts'
import { tokenIn } from './credentials.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request; set by {@link RequestAdmission.admit}. */
    principal: Principal
  }
}

/** Most headers whose digest is remembered; all are forgotten beyond it. */
const MAX_REMEMBERED = 10_000

/**
 * The one step that every request passes before anything else is done for it, whichever way it takes: decides who
 * sends it, and whether that caller may call the operation.
 */
export class RequestAdmission {
  readonly #access: AccessControl
  /**
   * The digests of tokens by the header they came in, so that a heartbeat does not compute one again. Only of tokens
   * that were valid, so that nobody else can fill it; whether they still are is asked each time.
   */
  readonly #digests = new Map<string, string>()

  constructor(access: AccessControl) {
    this.#access = access
  }

  /** Returns who may send a plain heartbeat, as far as memory knows; otherwise {@link admit} has to decide. */
  senderOfHeartbeat(request: IncomingMessage, agentId: string): Principal | undefined {
    if (!this.#access.isOn) return UNRESTRICTED
    const principal = this.#known(request.headers.authorization)
    if (principal === undefined || !hasScope(principal, 'agent')) return undefined
    return coversAgent(principal, agentId) ? principal : undefined
  }

  /**
   * Decides about a request, before its body is read, and notes its principal.
   *
   * @param done called at once unless the caller has to be looked up; with an HttpProblem `UNAUTHENTICATED` or
   *   `FORBIDDEN`, or the failure of the look-up, if the request is refused
   */
  admit(request: FastifyRequest, done: (refusal?: Error) => void): void {
    try {
      const decision = this.#examine(request)
      if (decision === undefined) done()
      else decision.then(() => done(), done)
    } catch (refusal) {
      done(refusal as Error)
    }
  }

  /** Returns a promise only if the caller has to be looked up. */
  #examine(request: FastifyRequest): Promise<void> | undefined {
    const { operationId } = request.routeOptions.config
    // Pages, and routes that an application has added, are read.
    const needed = operationId === undefined ? 'read' : OPERATIONS[operationId].scope
    if (!this.#access.isOn || needed === 'none') {
      request.principal = UNRESTRICTED
      return undefined
    }
    const header = request.headers.authorization
    const known = this.#known(header)
    if (known || header === undefined) return this.#decide(request, known, needed)
    return this.#identify(header).then((found) => this.#decide(request, found, needed))
  }

  /** Returns a function that says whether the caller of an admitted request may still read. */
  mayStillRead(request: FastifyRequest): () => boolean {
    const header = request.headers.authorization
    const token = header === undefined ? undefined : tokenIn(header)
    const digest = token === undefined ? undefined : digestOf(token)
    return () => {
      if (!this.#access.isOn) return true
      if (header === undefined) return this.#access.anonymous !== undefined
      return digest !== undefined && this.#access.known(digest) !== undefined
    }
  }

  #known(header: string | undefined): Principal | undefined {
    if (header === undefined) return this.#access.anonymous
    const digest = this.#digests.get(header)
    return digest === undefined ? undefined : this.#access.known(digest)
  }

  async #identify(header: string): Promise<Principal | undefined> {
    const token = tokenIn(header)
    if (token === undefined) return undefined
    const digest = digestOf(token)
    const principal = await this.#access.identify({ token, digest })
    if (principal === undefined) return undefined
    if (this.#digests.size >= MAX_REMEMBERED) this.#digests.clear()
    this.#digests.set(header, digest)
    return principal
  }

  #decide(request: FastifyRequest, principal: Principal | undefined, needed: Scope): undefined {
    const isAnonymous = request.headers.authorization === undefined
    if (principal === undefined || (isAnonymous && !hasScope(principal, needed))) {
      throw unauthenticated(needed, { isAnonymous })
    }
    request.principal = principal
    if (!hasScope(principal, needed)) throw forbiddenScope(principal, needed)
    const { agent_id: agentId } = request.params as { agent_id?: string }
    if (needed === 'agent' && agentId !== undefined) requireAgent(request, agentId)
    return undefined
  }
}

/**
 * Checks that the caller may change an agent that the body of its request names.
 *
 * @throws HttpProblem `FORBIDDEN`
 */
export function requireAgent({ principal }: FastifyRequest, agentId: string): void {
  if (!coversAgent(principal, agentId)) throw forbiddenAgent(principal, agentId)
}
