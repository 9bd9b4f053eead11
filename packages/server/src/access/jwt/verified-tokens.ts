import type { JWSHeaderParameters } from 'jose'
import { ACCESS_LIMITS } from '../../limits/access-limits.ts'
import type { Principal } from '../principal.ts'
import type { KeySet } from './key-set.ts'

/** A token whose signature was verified. */
export interface VerifiedToken {
  readonly principal: Principal
  /** Unix time in milliseconds from which on it is refused. */
  readonly expiresAtMs: number
  readonly header: JWSHeaderParameters
}

interface Entry extends VerifiedToken {
  /** The keys that its header may mean. */
  readonly candidates: string
}

/**
 * Remembers verified tokens by their digest, so that a heartbeat costs a look-up instead of a signature. A token is
 * forgotten when it expires, or when its key is withdrawn or changed.
 */
export class VerifiedTokens {
  readonly #entries = new Map<string, Entry>()
  #keys: KeySet | undefined

  /** Returns whose token has a digest; undefined: it must be verified, or has expired. */
  get(digest: string, nowMs: number, keys: KeySet | undefined): Principal | undefined {
    if (keys !== this.#keys) this.#apply(keys)
    const entry = this.#entries.get(digest)
    return entry !== undefined && nowMs < entry.expiresAtMs ? entry.principal : undefined
  }

  /** Remembers a token that was verified with keys. */
  add(digest: string, token: VerifiedToken, keys: KeySet): void {
    if (this.#entries.size >= ACCESS_LIMITS.verifiedTokens.value) this.#forgetOldest()
    this.#entries.set(digest, { ...token, candidates: keys.candidates(token.header) })
  }

  #apply(keys: KeySet | undefined): void {
    const isSame = keys?.text === this.#keys?.text
    this.#keys = keys
    if (isSame) return
    for (const [digest, { header, candidates }] of this.#entries) {
      if (keys?.candidates(header) !== candidates) this.#entries.delete(digest)
    }
  }

  #forgetOldest(): void {
    for (const digest of this.#entries.keys()) {
      this.#entries.delete(digest)
      return
    }
  }
}
