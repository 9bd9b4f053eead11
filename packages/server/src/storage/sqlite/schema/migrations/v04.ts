/**
 * Version 4: the tokens of callers, see `access/access-token.ts`; `patterns` is a list in JSON. To whom an agent
 * belongs, and who made each change, see `domain/caller.ts`.
 */
export const V04 = `
CREATE TABLE access_tokens (
  id TEXT NOT NULL PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,
  scope TEXT NOT NULL,
  patterns TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  created_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE agents ADD COLUMN owner TEXT;
ALTER TABLE transitions ADD COLUMN owner TEXT;
ALTER TABLE transitions ADD COLUMN actor TEXT;
`
