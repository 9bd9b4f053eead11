import type { CryptoKey, FlattenedJWSInput, JSONWebKeySet, JWK, JWSHeaderParameters } from 'jose'
import type { Jose } from './jose.ts'

/** The public keys of an identity provider, at some moment. */
export class KeySet {
  /** The JSON text that it was read from. */
  readonly text: string
  readonly #keys: readonly JWK[]
  readonly #find: (header: JWSHeaderParameters, token: FlattenedJWSInput) => Promise<CryptoKey>

  /**
   * Reads a JWKS.
   *
   * @throws Error if it is not one, or has no keys
   */
  constructor(jose: Jose, text: string) {
    const parsed = JSON.parse(text) as JSONWebKeySet
    this.#find = jose.createLocalJWKSet(parsed)
    this.#keys = parsed.keys
    if (this.#keys.length === 0) throw new Error('it has no keys')
    this.text = text
  }

  /** @throws the errors of jose, such as JWKSNoMatchingKey */
  find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey> {
    return this.#find(header, token)
  }

  /** Returns the keys that a header may mean, as text: as long as it is the same, a signature remains valid. */
  candidates({ kid }: JWSHeaderParameters): string {
    return JSON.stringify(this.#keys.filter((key) => kid === undefined || key.kid === kid))
  }
}
