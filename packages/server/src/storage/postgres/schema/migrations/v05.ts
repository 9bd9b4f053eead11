/**
 * Version 5.
 *
 * The details of an agent, as JSON, and how many of them the newest node knows: a further detail needs no
 * migration, but older nodes must not drop it.
 *
 * Which process has registered an agent, and how many have. Heartbeats name their instance: the new parameter
 * has a default, so nodes of the version before can still call the function.
 *
 * The branches of the history; see `functions/branches.ts`. The history so far is the first one, named as the
 * epoch, because positions that clients hold name it so. `written_by` and `server_started_at` stay empty: so the
 * next commit begins a branch, even if the registry was restored from a backup just now.
 */
export const V05 = `
ALTER TABLE rollcall.agents ADD COLUMN details text;
ALTER TYPE rollcall.change ADD ATTRIBUTE details text;
ALTER TABLE rollcall.functions ADD COLUMN details integer NOT NULL DEFAULT 0;

ALTER TABLE rollcall.agents ADD COLUMN instance_id text;
ALTER TABLE rollcall.agents ADD COLUMN incarnation integer NOT NULL DEFAULT 1;
ALTER TYPE rollcall.change ADD ATTRIBUTE instance_id text;
ALTER TYPE rollcall.change ADD ATTRIBUTE incarnation integer;
DROP FUNCTION rollcall.beat(bigint, text[], double precision[], text[]);
DROP FUNCTION rollcall.beat_unlocked(bigint, text[], double precision[], text[]);

CREATE TABLE rollcall.branches (
  ordinal bigint PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  began_at bigint NOT NULL,
  started_at timestamptz DEFAULT now()
);
INSERT INTO rollcall.branches (ordinal, id, began_at, started_at)
  SELECT 1, epoch, 0, NULL FROM rollcall.registry;
ALTER TABLE rollcall.registry
  ADD COLUMN branch text,
  ADD COLUMN written_by xid,
  ADD COLUMN server_started_at timestamptz;
UPDATE rollcall.registry SET branch = epoch;
ALTER TABLE rollcall.registry ALTER COLUMN branch SET NOT NULL;
DROP FUNCTION IF EXISTS
  rollcall.expire_agents(tid[], bigint[], tid[], bigint, bigint, bigint);
`
