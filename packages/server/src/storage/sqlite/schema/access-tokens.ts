import type { Database } from 'better-sqlite3'
import type { AccessToken } from '../../../access/access-token.ts'

type TokenRow = Omit<AccessToken, 'patterns'> & { readonly patterns: string }

/** Returns every token in a file, oldest first. */
export function readTokens(db: Database): AccessToken[] {
  const rows = db.prepare<[], TokenRow>(
    `SELECT id, name, hash, scope, patterns, created_at AS createdAtMs, expires_at AS expiresAtMs,
       created_by AS createdBy
     FROM access_tokens ORDER BY created_at, id`,
  )
  return rows.all().map((row) => ({ ...row, patterns: JSON.parse(row.patterns) }))
}

/** Adds a token, or replaces the same one. */
export function writeToken(db: Database, token: AccessToken): void {
  db.prepare(
    `INSERT OR REPLACE INTO access_tokens
       (id, name, hash, scope, patterns, created_at, expires_at, created_by)
     VALUES (@id, @name, @hash, @scope, @patterns, @createdAtMs, @expiresAtMs, @createdBy)`,
  ).run({ ...token, patterns: JSON.stringify(token.patterns) })
}

/** Removes a token. Returns whether there was one with this id. */
export function deleteToken(db: Database, id: string): boolean {
  return db.prepare('DELETE FROM access_tokens WHERE id = ?').run(id).changes > 0
}
