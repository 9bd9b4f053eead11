/**
 * Version 9: webhooks, see `webhooks/webhook.ts`; `filter` is an object in JSON. Their secrets are in clear text,
 * because the registry signs with them. The node in `claimed_by` delivers a webhook until `claimed_until`, by the clock
 * of the database, in milliseconds.
 */
export const V09 = `
CREATE TABLE rollcall.webhooks (
  id text COLLATE "C" PRIMARY KEY,
  url text NOT NULL,
  filter text NOT NULL,
  secret text NOT NULL,
  enabled boolean NOT NULL,
  version integer NOT NULL,
  created_at bigint NOT NULL,
  created_by text NOT NULL,
  position text NOT NULL,
  delivered_at bigint,
  failing_since bigint,
  last_error text,
  claimed_by text,
  claimed_until bigint NOT NULL DEFAULT 0
);
`
