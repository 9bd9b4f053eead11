import type { CreatedToken, RevokedToken, Token, TokenRequest } from '@rollcall/protocol'
import type { ConnectionOptions } from './options/client-options.ts'
import { openConnection } from './options/open-connection.ts'
import type { Call, CallOptions } from './transport/call.ts'
import type { RegistryConnection } from './transport/connection.ts'

/**
 * Decides who may call a registry: creates, lists and revokes tokens. Needs a token with the scope
 * `admin`. Values have the names of the wire, and are not validated. Methods throw as those of
 * `RegistryApi`.
 */
export class TokenApi {
  readonly #connection: RegistryConnection

  /**
   * Creates a client; it connects on the first call.
   *
   * @throws TypeError if `registryUrl` is not an http(s) URL, or an option has the wrong type
   */
  constructor(options: ConnectionOptions = {}) {
    this.#connection = openConnection(options).connection
  }

  /** Creates a token. Its text is in the result, and cannot be found out again. */
  create(request: TokenRequest, options?: CallOptions): Promise<CreatedToken> {
    return this.#call({ ...options, method: 'POST', path: '/tokens', body: request })
  }

  /** Returns all tokens in the store of the registry, oldest first, without their texts. */
  list(options?: CallOptions): Promise<Token[]> {
    return this.#call({ ...options, method: 'GET', path: '/tokens' })
  }

  /** Revokes a token. Returns false if there is none with this id. */
  async revoke(id: string, options?: CallOptions): Promise<boolean> {
    const path = `/tokens/${encodeURIComponent(id)}`
    return (await this.#call<RevokedToken>({ ...options, method: 'DELETE', path })).revoked
  }

  async #call<T>(call: Call): Promise<T> {
    return (await this.#connection.call<T>(call)).body
  }
}
