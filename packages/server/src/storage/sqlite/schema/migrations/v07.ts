/**
 * Version 7: webhooks, see `webhooks/webhook.ts`; `filter` is an object in JSON. Their secrets are in clear text,
 * because the registry signs with them.
 */
export const V07 = `
CREATE TABLE webhooks (
  id TEXT NOT NULL PRIMARY KEY,
  url TEXT NOT NULL,
  filter TEXT NOT NULL,
  secret TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  position TEXT NOT NULL,
  delivered_at INTEGER,
  failing_since INTEGER,
  last_error TEXT
) STRICT, WITHOUT ROWID;
`
