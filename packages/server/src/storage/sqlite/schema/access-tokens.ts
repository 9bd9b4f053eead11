import type { Database } from 'better-sqlite3'
import type { AccessToken } from '../../../access/access-token.ts'

type TokenRow = Omit<AccessToken, 'patterns' | 'reads'> & {
  readonly patterns: string
  readonly reads: string
}

/** Returns every token in a file, oldest first. */
export function readTokens(db: Database): AccessToken[] {
  const rows = db.prepare<[], TokenRow>(
    `SELECT id, name, hash, scope, patterns, reads, created_at AS createdAtMs,
       expires_at AS expiresAtMs, created_by AS createdBy
     FROM access_tokens ORDER BY created_at, id`,
  )
  return rows.all().map((row) => ({
    ...row,
    patterns: JSON.parse(row.patterns),
    reads: JSON.parse(row.reads),
  }))
}

/** Adds a token, or replaces the same one. */
export function writeToken(db: Database, token: AccessToken): void {
  db.prepare(
    `INSERT OR REPLACE INTO access_tokens
       (id, name, hash, scope, patterns, reads, created_at, expires_at, created_by)
     VALUES (@id, @name, @hash, @scope, @patterns, @reads, @createdAtMs, @expiresAtMs, @createdBy)`,
  ).run({
    ...token,
    patterns: JSON.stringify(token.patterns),
    reads: JSON.stringify(token.reads),
  })
}

/** Removes a token. Returns whether there was one with this id. */
export function deleteToken(db: Database, id: string): boolean {
  return db.prepare('DELETE FROM access_tokens WHERE id = ?').run(id).changes > 0
}
