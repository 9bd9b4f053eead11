import type { AccessToken } from '../../access/access-token.ts'
import type { TokenStore } from '../../access/token-store.ts'
import type { StoreDatabase } from './connections/store-database.ts'

// A retry of the same statement changes nothing.
const CREATE = {
  name: 'create_token',
  text: `WITH created AS (
      INSERT INTO rollcall.access_tokens
        (id, name, hash, scope, patterns, reads, created_at, expires_at, created_by)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (id) DO NOTHING
    )
    UPDATE rollcall.access_tokens_version SET version = gen_random_uuid()`,
}
const REVOKE = {
  name: 'revoke_token',
  text: `WITH revoked AS (
      DELETE FROM rollcall.access_tokens WHERE id = $1 RETURNING id
    ), changed AS (
      UPDATE rollcall.access_tokens_version SET version = gen_random_uuid()
      WHERE EXISTS (SELECT FROM revoked)
    )
    SELECT id FROM revoked`,
}
// One statement, so that the tokens are those of the version; none if it is known already.
const LIST = {
  name: 'list_tokens',
  text: `SELECT v.version, t.id, t.name, t.hash, t.scope, t.patterns, t.reads, t.created_at, t.expires_at,
      t.created_by
    FROM rollcall.access_tokens_version v
    LEFT JOIN rollcall.access_tokens t ON v.version IS DISTINCT FROM $1::uuid
    ORDER BY t.created_at, t.id`,
}

interface TokenRow {
  readonly version: string
  /** Null: there are no tokens, or their version is known. */
  readonly id: string | null
  readonly name: string
  readonly hash: string
  readonly scope: AccessToken['scope']
  readonly patterns: string
  readonly reads: string
  readonly created_at: string
  readonly expires_at: string | null
  readonly created_by: string
}

/** Tokens that all nodes of a registry share. */
export class PostgresTokenStore implements TokenStore {
  readonly #database: StoreDatabase
  #version: string | null = null
  #tokens: readonly AccessToken[] = []

  constructor(database: StoreDatabase) {
    this.#database = database
  }

  async create(token: AccessToken): Promise<void> {
    const { id, name, hash, scope, createdAtMs, expiresAtMs, createdBy } = token
    const lists = [JSON.stringify(token.patterns), JSON.stringify(token.reads)]
    const values = [id, name, hash, scope, ...lists, createdAtMs, expiresAtMs, createdBy]
    await this.#database.write(CREATE, values)
  }

  async revoke(id: string): Promise<boolean> {
    return (await this.#database.write(REVOKE, [id])).length > 0
  }

  async list(): Promise<readonly AccessToken[]> {
    // Not among the reads: queries of clients must not delay a revocation.
    const lane = { lane: 'writes' } as const
    const rows = await this.#database.read<TokenRow>(LIST, [this.#version], lane)
    const { version = null } = rows[0] ?? {}
    if (version !== this.#version) {
      this.#tokens = rows.flatMap((row) => toToken(row) ?? [])
      this.#version = version
    }
    return this.#tokens
  }
}

function toToken({ id, created_at, expires_at, ...row }: TokenRow): AccessToken | undefined {
  if (id === null) return undefined
  return {
    id,
    name: row.name,
    hash: row.hash,
    scope: row.scope,
    patterns: JSON.parse(row.patterns),
    reads: JSON.parse(row.reads),
    createdAtMs: Number(created_at),
    expiresAtMs: expires_at === null ? null : Number(expires_at),
    createdBy: row.created_by,
  }
}
