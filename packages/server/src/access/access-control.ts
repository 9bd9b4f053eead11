import type { Socket } from 'node:net'
import type { AccessMode } from '@rollcall/protocol'
import type { Authenticator, Credential } from './authenticator.ts'
import type { ClientCertificates } from './certificates/client-certificates.ts'
import { ANONYMOUS_READER, type Principal, UNRESTRICTED } from './principal.ts'

/**
 * What callers without a credential may do once there is access control: `auto` is `read` for a registry that only
 * this machine can reach, as long as every token sees all agents, and `none` for any other.
 */
export type AnonymousAccess = 'auto' | 'none' | 'read'

/**
 * Decides who is asking. There is no access control as long as there is nothing that a caller could be identified
 * by; once there was, it stays until the process ends, so that no mistake with tokens opens a registry.
 */
export class AccessControl {
  readonly #authenticators: Authenticator[] = []
  #certificates: ClientCertificates | undefined
  readonly #anonymous: AnonymousAccess
  readonly #isPublic: boolean
  #isExposed = false
  #isOn: boolean

  constructor({ anonymous = 'auto', isPublic = false }: AccessOptions = {}) {
    this.#anonymous = anonymous
    this.#isPublic = isPublic
    // Whoever says what anonymous callers may do wants access control, whether or not there are tokens.
    this.#isOn = anonymous !== 'auto'
  }

  /** Whether callers are examined. */
  get isOn(): boolean {
    return this.#isOn
  }

  /** How the registry is protected, as `/health` reports it. */
  get mode(): AccessMode {
    if (this.#isOn) return 'controlled'
    return this.#isExposed ? 'insecure' : 'open'
  }

  /** Whether only this machine reaches the registry. */
  get isLocal(): boolean {
    return !this.#isExposed && !this.#isPublic
  }

  /** Adds a way to identify callers. */
  add(authenticator: Authenticator): void {
    this.#authenticators.push(authenticator)
  }

  /** Identifies callers without a token by the certificates of their connections. */
  identifyBy(certificates: ClientCertificates): void {
    this.#certificates = certificates
  }

  /** Examines every caller from now on. */
  turnOn(): void {
    this.#isOn = true
  }

  /** Notes that the registry listens on an address that others than this machine reach. */
  expose(): void {
    this.#isExposed = true
  }

  /** Returns who sends no credential at all; undefined: such callers may do nothing. */
  get anonymous(): Principal | undefined {
    if (!this.#isOn) return UNRESTRICTED
    const mayRead = this.#anonymous === 'auto' ? this.#isHarmless : this.#anonymous === 'read'
    return mayRead ? ANONYMOUS_READER : undefined
  }

  /** Whether callers that send nothing may see all agents, unless the operator has decided about it. */
  get #isHarmless(): boolean {
    if (!this.isLocal) return false
    // Otherwise a caller that sees some agents would only have to leave out its token to see all.
    return ![...this.#authenticators, this.#certificates].some((way) => way?.limitsReads)
  }

  /**
   * Returns who sends no token, by its connection; undefined: such callers may do nothing.
   *
   * @throws RefusedCredential for a client certificate that is not, or no longer, valid
   */
  withoutToken(socket: Socket): Principal | undefined {
    return this.#certificates?.identify(socket) ?? this.anonymous
  }

  /** Returns whose credential has a digest, as far as memory knows. */
  known(digest: string): Principal | undefined {
    for (const authenticator of this.#authenticators) {
      const principal = authenticator.known(digest)
      if (principal) return principal
    }
    return undefined
  }

  /**
   * Identifies a credential.
   *
   * @throws RefusedCredential if it is certainly not valid; RegistryError `STORAGE_UNAVAILABLE` or
   *   `IDENTITY_UNAVAILABLE` if that cannot be found out now
   */
  async identify(credential: Credential): Promise<Principal | undefined> {
    const known = this.known(credential.digest)
    if (known) return known
    for (const authenticator of this.#authenticators) {
      const principal = await authenticator.lookUp?.(credential)
      if (principal) return principal
    }
    return undefined
  }
}

/** Options of the access control. */
export interface AccessOptions {
  /** Default `auto`. */
  readonly anonymous?: AnonymousAccess | undefined
  /** Whether others reach the registry through a proxy; default false. */
  readonly isPublic?: boolean | undefined
}
