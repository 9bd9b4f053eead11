import type { Server } from 'node:net'
import { type Clock, systemClock } from '../domain/clock.ts'
import { AccessControl, type AnonymousAccess } from './access-control.ts'
import type { Authenticator } from './authenticator.ts'
import { ClientCertificates } from './certificates/client-certificates.ts'
import type { TlsOptions } from './certificates/tls-options.ts'
import { IdentityRules } from './identity-rules.ts'
import type { JwtAuthenticator } from './jwt/jwt-authenticator.ts'
import type { JwtOptions } from './jwt/jwt-options.ts'
import { type JwtReporter, openJwt } from './jwt/open-jwt.ts'
import { isLoopback } from './loopback.ts'
import { StoredTokens } from './stored-tokens.ts'
import { TokenFile, type TokenFileReporter } from './token-file.ts'
import { tokenStoreOf } from './token-store.ts'

/** Options of the access control of a server. */
export interface ServerAccessOptions {
  /**
   * File with the tokens of callers, one per line: `name scope patterns token`, with patterns such as `team-a:*`
   * separated by commas, and the token in clear text or as `sha256:HEX`; `reads=patterns` before it limits what it
   * sees. Read again when it changes. Default: none.
   */
  readonly tokenFile?: string | undefined
  /**
   * What callers without a token may do once there are tokens: `none`, `read`, or `auto` (`read` if only this machine
   * reaches the server and every token sees all agents, otherwise `none`). Default `auto`. Without tokens, `auto` means
   * that every caller may do everything.
   */
  readonly anonymous?: AnonymousAccess | undefined
  /** Accept JSON Web Tokens of an identity provider; default: none. */
  readonly jwt?: JwtOptions | undefined
  /** Speak TLS, and identify callers by client certificates; default: HTTP without TLS. */
  readonly tls?: TlsOptions | undefined
  /** Listen on other addresses than loopback although every caller may do everything; default false. */
  readonly insecure?: boolean | undefined
}

/** Reports what happens to the sources of identities to the operator. */
export interface AccessReporter {
  readonly tokenFile: TokenFileReporter
  readonly jwt: JwtReporter
}

/** The access control of a server: opens what callers are identified by, and says whether it is enough. */
export class ServerAccess {
  readonly control: AccessControl
  readonly #options: ServerAccessOptions
  readonly #reporter: AccessReporter
  readonly #clock: Clock
  #file: TokenFile | undefined
  #jwt: JwtAuthenticator | undefined
  #tokens: StoredTokens | undefined

  /** @param parts.isPublic whether others reach the server through a proxy */
  constructor(
    options: ServerAccessOptions,
    parts: { isPublic: boolean; reporter: AccessReporter; clock?: Clock | undefined },
  ) {
    this.#options = options
    this.#reporter = parts.reporter
    this.#clock = parts.clock ?? systemClock
    this.control = new AccessControl({ ...options, isPublic: parts.isPublic })
  }

  /** The tokens of the store, once it is open; undefined: it keeps none. */
  get tokens(): StoredTokens | undefined {
    return this.#tokens
  }

  /**
   * Prepares what the options say that callers are identified by.
   *
   * @throws Error that names the file, or the option, and what is wrong with it
   */
  async open(): Promise<void> {
    const { tokenFile, jwt, tls } = this.#options
    if (tls?.clientCaFile !== undefined) {
      const rules = IdentityRules.parse(tls.clientRules ?? '')
      this.control.identifyBy(new ClientCertificates(rules, this.#clock))
      this.control.turnOn()
    }
    if (tokenFile !== undefined) {
      this.#file = await TokenFile.open(tokenFile, this.#reporter.tokenFile)
      this.#file.watch()
      this.#use(this.#file)
    }
    if (jwt !== undefined) {
      this.#jwt = await openJwt(jwt, { clock: this.#clock, reporter: this.#reporter.jwt })
      this.#use(this.#jwt)
    }
  }

  /** Reads the tokens of a store, if it keeps any. */
  async openTokens(store: object & { capabilities: { shared: boolean } }): Promise<void> {
    const tokenStore = tokenStoreOf(store)
    if (tokenStore === undefined) return
    this.#tokens = new StoredTokens({
      store: tokenStore,
      clock: this.#clock,
      isShared: store.capabilities.shared,
      found: () => this.control.turnOn(),
    })
    this.control.add(this.#tokens)
    await this.#tokens.open()
  }

  /** Notes the address to listen on. Returns why that is refused; undefined: it is not. */
  refusalOf(host: string): string | undefined {
    if (isLoopback(host)) return undefined
    this.control.expose()
    if (this.control.isOn || this.#options.insecure) return undefined
    return (
      `refusing to listen on ${host || 'all addresses'} without access control: every machine that reaches it could ` +
      'replace and delete agents. Create a token (rollcall token create --db URL --name NAME --scope admin), name a ' +
      'file with tokens (--token-file FILE), an issuer of JSON Web Tokens (--jwt-issuer URL) or an authority of ' +
      'client certificates (--tls-client-ca FILE), or listen on this machine only (--host 127.0.0.1). --insecure ' +
      'starts it as it is.'
    )
  }

  /** Notes where a server listens, once it does: an application may let it listen by itself. */
  watch<S extends Server>(server: S): S {
    return server.on('listening', () => {
      const address = server.address()
      // Who may use a socket in the file system is decided by the rights of the file.
      if (address === null || typeof address === 'string') return
      if (!isLoopback(address.address)) this.control.expose()
    })
  }

  #use(authenticator: Authenticator): void {
    this.control.add(authenticator)
    this.control.turnOn()
  }

  /** Follows no more changes of tokens and keys. */
  close(): void {
    this.#jwt?.close()
    this.#file?.close()
    this.#tokens?.close()
  }
}
