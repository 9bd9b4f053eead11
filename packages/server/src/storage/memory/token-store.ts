import type { AccessToken } from '../../access/access-token.ts'
import type { TokenStore } from '../../access/token-store.ts'

/** Keeps tokens in memory. */
export class MemoryTokenStore implements TokenStore {
  #tokens: readonly AccessToken[]

  constructor(tokens: readonly AccessToken[] = []) {
    this.#tokens = tokens
  }

  async create(token: AccessToken): Promise<void> {
    this.#tokens = [...this.#tokens, token]
  }

  async revoke(id: string): Promise<boolean> {
    const others = this.#tokens.filter((token) => token.id !== id)
    if (others.length === this.#tokens.length) return false
    this.#tokens = others
    return true
  }

  async list(): Promise<readonly AccessToken[]> {
    return this.#tokens
  }
}
