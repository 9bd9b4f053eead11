import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Clock } from '../../domain/clock.ts'
import { RefusedCredential } from '../authenticator.ts'
import type { IdentityRules } from '../identity-rules.ts'
import { grantedPrincipal, type Principal } from '../principal.ts'
import { certificateName } from './certificate-name.ts'

/** What the certificate of a connection says. */
type Identity =
  /** The client has sent none. */
  | { readonly kind: 'none' }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'accepted'; readonly principal: Principal; readonly expiresAtMs: number }

const CREDENTIAL = 'client certificate'

/** Whether a client has sent a certificate, be it valid or not. */
export function hasCertificate(socket: Socket): boolean {
  return socket instanceof TLSSocket && Boolean(socket.getPeerCertificate()?.raw)
}

/** Identifies callers by the certificates of their connections. */
export class ClientCertificates {
  readonly #rules: IdentityRules
  readonly #clock: Pick<Clock, 'wallMs'>
  /** A connection keeps its certificate: renegotiation is off. */
  readonly #identities = new WeakMap<Socket, Identity>()

  constructor(rules: IdentityRules, clock: Pick<Clock, 'wallMs'>) {
    this.#rules = rules
    this.#clock = clock
  }

  /** Whether some of these callers see only some agents. */
  get limitsReads(): boolean {
    return this.#rules.limitReads
  }

  /**
   * Returns who has opened a connection; undefined: its client has sent no certificate.
   *
   * @throws RefusedCredential for a certificate that is not, or no longer, valid
   */
  identify(socket: Socket): Principal | undefined {
    const identity = this.#identities.get(socket) ?? this.#examine(socket)
    if (identity.kind === 'none') return undefined
    if (identity.kind === 'refused') throw new RefusedCredential(identity.reason, CREDENTIAL)
    if (this.#clock.wallMs() < identity.expiresAtMs) return identity.principal
    throw new RefusedCredential('has expired', CREDENTIAL)
  }

  #examine(socket: Socket): Identity {
    const identity: Identity =
      socket instanceof TLSSocket ? this.#identityOf(socket) : { kind: 'none' }
    this.#identities.set(socket, identity)
    return identity
  }

  #identityOf(socket: TLSSocket): Identity {
    const certificate = socket.getPeerCertificate()
    // Asked first: without a certificate, a resumed session counts as authorized.
    if (!certificate?.raw) return { kind: 'none' }
    if (!socket.authorized) {
      return { kind: 'refused', reason: `is not accepted (${socket.authorizationError})` }
    }
    const name = certificateName(certificate)
    if (name === undefined) return { kind: 'refused', reason: 'has no name that can be used' }
    return {
      kind: 'accepted',
      principal: grantedPrincipal('certificate', name, this.#rules.grantOf(name)),
      expiresAtMs: Date.parse(certificate.valid_to),
    }
  }
}
