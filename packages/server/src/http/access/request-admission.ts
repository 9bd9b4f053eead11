import type { IncomingMessage } from 'node:http'
import type { Scope } from '@rollcall/protocol'
import type { FastifyRequest } from 'fastify'
import type { AccessControl } from '../../access/access-control.ts'
import { digestOf } from '../../access/access-token.ts'
import { RefusedCredential } from '../../access/authenticator.ts'
import {
  ANONYMOUS_READER,
  coversAgent,
  hasScope,
  type Principal,
  UNRESTRICTED,
} from '../../access/principal.ts'
import type { Operation } from '../../operations/operation.ts'
import { OPERATIONS } from '../../operations/operations.ts'
import { networkOf } from '../callers/client-network.ts'
import type { PublicDiscovery } from '../catalogs/catalog-settings.ts'
import {
  forbiddenAgent,
  forbiddenScope,
  forbiddenTotals,
  refused,
  unauthenticated,
} from './access-problems.ts'
import { tokenIn } from './credentials.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who sends the request; set by {@link RequestAdmission.admit}. */
    principal: Principal
  }
}

/** Callers without a token that may read nothing else, by what is public. */
const PUBLIC_READERS: Readonly<Record<PublicDiscovery, Principal | undefined>> = {
  none: undefined,
  registry: { ...ANONYMOUS_READER, reads: [] },
  agents: ANONYMOUS_READER,
}

/** Most headers whose digest is remembered; all are forgotten beyond it. */
const MAX_REMEMBERED = 10_000

/**
 * The one step that every request passes before anything else is done for it, whichever way it takes: decides who
 * sends it, and whether that caller may call the operation.
 */
export class RequestAdmission {
  readonly #access: AccessControl
  readonly #publicReader: Principal | undefined
  /**
   * The digests of tokens by the header they came in, so that a heartbeat does not compute one again. Only of tokens
   * that were valid, so that nobody else can fill it; whether they still are is asked each time.
   */
  readonly #digests = new Map<string, string>()

  /** @param publicDiscovery what callers without a token see of operations that may be public; default: nothing */
  constructor(access: AccessControl, publicDiscovery: PublicDiscovery = 'none') {
    this.#access = access
    this.#publicReader = PUBLIC_READERS[publicDiscovery]
  }

  /**
   * Returns who sends a request, as far as memory knows: its principal, or its network. A token that is not known yet
   * counts as none, so that nobody gets another rate for each token that is invented.
   */
  callerOf(request: IncomingMessage): string {
    const principal = this.#access.isOn ? this.#knownOrRefused(request) : undefined
    if (principal === undefined || principal.kind === 'anonymous') {
      return networkOf(request.socket.remoteAddress ?? '')
    }
    // The name of a token may look like a network.
    return principal.kind === 'token' ? `token ${principal.name}` : principal.name
  }

  /** Returns who may send a plain heartbeat, as far as memory knows; otherwise {@link admit} has to decide. */
  senderOfHeartbeat(request: IncomingMessage, agentId: string): Principal | undefined {
    if (!this.#access.isOn) return UNRESTRICTED
    const principal = this.#knownOrRefused(request)
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
    const { scope, shows, mayBePublic = false } = whatIsAsked(request)
    if (!this.#access.isOn || scope === 'none') {
      request.principal = UNRESTRICTED
      return undefined
    }
    const needed = { scope, shows, mayBePublic }
    const header = request.headers.authorization
    const known = this.#known(request.raw)
    if (known || header === undefined) return this.#decide(request, known, needed)
    return this.#identify(header).then((found) => this.#decide(request, found, needed))
  }

  /**
   * Returns a function that says whether the caller of an admitted request may still read, and sees the same agents
   * as then.
   */
  mayStillRead(request: FastifyRequest): () => boolean {
    const { reads } = request.principal
    // Tokens that were read again are other objects.
    const isSame = (now: Principal | undefined): boolean =>
      now !== undefined &&
      (now.reads === reads || JSON.stringify(now.reads) === JSON.stringify(reads))
    const header = request.headers.authorization
    const token = header === undefined ? undefined : tokenIn(header)
    const digest = token === undefined ? undefined : digestOf(token)
    return () => {
      if (!this.#access.isOn) return true
      if (header === undefined) return isSame(this.#knownOrRefused(request.raw))
      return digest !== undefined && isSame(this.#access.known(digest))
    }
  }

  /** @throws HttpProblem `UNAUTHENTICATED` for a client certificate that is not, or no longer, valid */
  #known({ headers, socket }: IncomingMessage): Principal | undefined {
    const { authorization: header } = headers
    if (header === undefined) {
      try {
        return this.#access.withoutToken(socket)
      } catch (error) {
        throw toProblem(error)
      }
    }
    const digest = this.#digests.get(header)
    return digest === undefined ? undefined : this.#access.known(digest)
  }

  #knownOrRefused(request: IncomingMessage): Principal | undefined {
    try {
      return this.#known(request)
    } catch {
      return undefined
    }
  }

  async #identify(header: string): Promise<Principal | undefined> {
    const token = tokenIn(header)
    if (token === undefined) return undefined
    const digest = digestOf(token)
    const principal = await this.#access.identify({ token, digest }).catch((error) => {
      throw toProblem(error)
    })
    if (principal === undefined) return undefined
    if (this.#digests.size >= MAX_REMEMBERED) this.#digests.clear()
    this.#digests.set(header, digest)
    return principal
  }

  #decide(request: FastifyRequest, principal: Principal | undefined, needed: Need): undefined {
    const { scope, shows } = needed
    const isAnonymous =
      request.headers.authorization === undefined &&
      (principal === undefined || principal.kind === 'anonymous')
    if (principal === undefined || (isAnonymous && !hasScope(principal, scope))) {
      if (!isAnonymous || !needed.mayBePublic || this.#publicReader === undefined) {
        throw unauthenticated(scope, { isAnonymous })
      }
      request.principal = this.#publicReader
      return undefined
    }
    request.principal = principal
    if (!hasScope(principal, scope)) throw forbiddenScope(principal, scope)
    if (shows === 'totals' && principal.reads !== undefined) throw forbiddenTotals(principal)
    const { agent_id: agentId } = request.params as { agent_id?: string }
    if (scope === 'agent' && agentId !== undefined) requireAgent(request, agentId)
    return undefined
  }
}

/** What a request needs of its caller. */
interface Need {
  readonly scope: Scope
  readonly shows: Operation['shows']
  readonly mayBePublic: boolean
}

function whatIsAsked(request: FastifyRequest): Pick<Operation, 'scope' | 'shows' | 'mayBePublic'> {
  // Routes that an application has added are read, and may show any agent.
  const { operationId, shows = 'totals', isForPage } = request.routeOptions.config
  if (isForPage?.(request)) return { scope: 'none', shows: 'nothing' }
  return operationId === undefined ? { scope: 'read', shows } : OPERATIONS[operationId]
}

/**
 * Checks that the caller may change an agent that the body of its request names.
 *
 * @throws HttpProblem `FORBIDDEN`
 */
export function requireAgent({ principal }: FastifyRequest, agentId: string): void {
  if (!coversAgent(principal, agentId)) throw forbiddenAgent(principal, agentId)
}

function toProblem(error: unknown): unknown {
  return error instanceof RefusedCredential ? refused(error) : error
}
