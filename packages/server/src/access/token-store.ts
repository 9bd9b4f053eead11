import type { AccessToken, CreatedToken, TokenOrder } from './access-token.ts'

/** Keeps tokens, beside the agents of a store. All methods throw as those of a store do. */
export interface TokenStore {
  /** Adds a token; resolves once it is durable. */
  create(token: AccessToken): Promise<void>
  /** Removes a token; resolves once that is durable. Returns false if there is none with this id. */
  revoke(id: string): Promise<boolean>
  /**
   * Returns all tokens, those of other nodes included, expired or not, oldest first. Called again and again if the
   * store is shared: the same array means that nothing has changed.
   */
  list(): Promise<readonly AccessToken[]>
}

/** Tokens of a store, and how it is closed. */
export interface OpenTokenStore {
  readonly store: TokenStore
  close(): Promise<void>
}

/** Creates, lists and revokes tokens. */
export interface TokenAdministration {
  /** Creates a token; resolves once it is in force on this node. */
  create(order: TokenOrder): Promise<CreatedToken>
  /** Revokes a token; resolves once this node refuses it. Returns false if there is none with this id. */
  revoke(id: string): Promise<boolean>
  /** Returns all tokens, expired or not, oldest first. */
  list(): Promise<readonly AccessToken[]>
}

/** A store that also keeps tokens. */
export interface TokenStoreProvider {
  /** Where its tokens are. */
  readonly tokens: TokenStore
}

/** Returns where the tokens of a store are; undefined: it keeps none, and only a token file works with it. */
export function tokenStoreOf(store: object): TokenStore | undefined {
  return 'tokens' in store ? (store as TokenStoreProvider).tokens : undefined
}
