/**
 * Version 6: the tokens of callers, see `access/access-token.ts`; `patterns` is a list in JSON. The version changes
 * with each of them, so that nodes read all of them again only then. It is random, because a restored backup must
 * not come to one that a node has seen with other tokens.
 *
 * To whom an agent belongs, and who made each change; see `domain/caller.ts`. Heartbeats name their principal: the new
 * parameter has a default, so nodes of the version before can still call the functions.
 */
export const V06 = `
CREATE TABLE rollcall.access_tokens (
  id text COLLATE "C" PRIMARY KEY,
  name text NOT NULL,
  hash text COLLATE "C" NOT NULL UNIQUE,
  scope text NOT NULL,
  patterns text NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  created_by text NOT NULL
);
CREATE TABLE rollcall.access_tokens_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO rollcall.access_tokens_version DEFAULT VALUES;

ALTER TABLE rollcall.agents ADD COLUMN owner text;
ALTER TYPE rollcall.change ADD ATTRIBUTE owner text;
ALTER TABLE rollcall.transitions ADD COLUMN actor text;
DROP FUNCTION IF EXISTS rollcall.beat(bigint, text[], double precision[], text[], text[]);
DROP FUNCTION IF EXISTS rollcall.beat_unlocked(
  bigint, text[], double precision[], text[], text[]
);
`
