import type { Clock } from '../domain/clock.ts'
import { SharedRead } from '../scheduling/shared-read.ts'
import {
  type AccessToken,
  type CreatedToken,
  newToken,
  principalOf,
  type TokenOrder,
} from './access-token.ts'
import type { Authenticator, Credential } from './authenticator.ts'
import { type Principal, someAreLimited } from './principal.ts'
import type { TokenAdministration, TokenStore } from './token-store.ts'

/** Milliseconds between two looks at a store that other nodes change: a revocation takes as long at most. */
const REFRESH_INTERVAL_MS = 400

interface KnownToken {
  readonly token: AccessToken
  readonly principal: Principal
}

/** The tokens of a store, in memory. */
export class StoredTokens implements Authenticator, TokenAdministration {
  readonly #store: TokenStore
  readonly #clock: Pick<Clock, 'wallMs'>
  readonly #isShared: boolean
  readonly #found: () => void
  readonly #refresh = new SharedRead(() => this.#readAll())
  #byHash: ReadonlyMap<string, KnownToken> = new Map()
  #listed: readonly AccessToken[] = []
  #limitsReads = false
  #timer: NodeJS.Timeout | undefined

  /**
   * @param parts.isShared whether other nodes change the tokens
   * @param parts.found called when there are tokens
   */
  constructor(parts: {
    store: TokenStore
    clock: Pick<Clock, 'wallMs'>
    isShared: boolean
    found: () => void
  }) {
    this.#store = parts.store
    this.#clock = parts.clock
    this.#isShared = parts.isShared
    this.#found = parts.found
  }

  get limitsReads(): boolean {
    return this.#limitsReads
  }

  /** Reads the tokens, and follows their changes. */
  async open(): Promise<void> {
    await this.#refresh.get()
    if (!this.#isShared) return
    // While the store is unavailable, the tokens that were read last remain in force: agents keep their leases.
    const refresh = () => void this.#refresh.get().catch(() => undefined)
    this.#timer = setInterval(refresh, REFRESH_INTERVAL_MS).unref()
  }

  /** Follows no more changes. */
  close(): void {
    clearInterval(this.#timer)
  }

  known(digest: string): Principal | undefined {
    const known = this.#byHash.get(digest)
    if (known === undefined) return undefined
    const { expiresAtMs } = known.token
    return expiresAtMs !== null && this.#clock.wallMs() >= expiresAtMs ? undefined : known.principal
  }

  /** Another node may have created it just now. Callers that ask at the same time share one look. */
  async lookUp({ digest }: Credential): Promise<Principal | undefined> {
    if (!this.#isShared) return undefined
    await this.#refresh.get()
    return this.known(digest)
  }

  async create(order: TokenOrder): Promise<CreatedToken> {
    const created = newToken(order, this.#clock.wallMs())
    await this.#store.create(created.token)
    await this.#refresh.get()
    return created
  }

  async revoke(id: string): Promise<boolean> {
    const isRevoked = await this.#store.revoke(id)
    await this.#refresh.get()
    return isRevoked
  }

  async list(): Promise<readonly AccessToken[]> {
    await this.#refresh.get()
    return this.#listed
  }

  async #readAll(): Promise<void> {
    const tokens = await this.#store.list()
    if (tokens === this.#listed) return
    const entries = tokens.map((token) => [token.hash, { token, principal: principalOf(token) }])
    this.#byHash = new Map(entries as [string, KnownToken][])
    this.#limitsReads = someAreLimited(this.#byHash.values().map(({ principal }) => principal))
    this.#listed = tokens
    if (tokens.length > 0) this.#found()
  }
}
