/**
 * Version 5.
 *
 * The details of an agent, as JSON, and how many of them the newest node knows: a further detail needs no
 * migration, but older nodes must not drop it.
 *
 * Which process has registered an agent, and how many have. Heartbeats name their instance: the new parameter
 * has a default, so nodes of the version before can still call the function.
 *
 * The brake on mass expiry. Its settings are those of the node that started last; `since`, `ends_at` and
 * `counted_at` are lease times, and null while it is off. `due_count`: agents that came due since the fleet was
 * counted. `expired_weight`: how many count as recently expired at lease time `expired_at`, with the mean TTL
 * `expired_ttl_ms`.
 *
 * What operators have decided: `maintenance` has an entry for each id or prefix of ids, and an agent the one in
 * force, as JSON. `maintenance_changes` are entries whose agents do not all follow yet.
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

ALTER TABLE rollcall.agents ADD COLUMN suspect boolean NOT NULL DEFAULT false;
ALTER TYPE rollcall.change ADD ATTRIBUTE suspect boolean;
CREATE TABLE rollcall.brake (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  fraction double precision NOT NULL DEFAULT 0,
  minimum integer NOT NULL DEFAULT 1,
  max_ms bigint NOT NULL DEFAULT 0,
  since bigint,
  ends_at bigint,
  counted_at bigint,
  living bigint,
  late bigint,
  due_count bigint NOT NULL DEFAULT 0,
  expired_weight double precision NOT NULL DEFAULT 0,
  expired_ttl_ms double precision NOT NULL DEFAULT 1,
  expired_at bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO rollcall.brake DEFAULT VALUES;

CREATE TABLE rollcall.maintenance (
  pattern text COLLATE "C" PRIMARY KEY,
  reason text NOT NULL,
  since bigint NOT NULL,
  set_by text NOT NULL
);
CREATE TABLE rollcall.maintenance_version (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO rollcall.maintenance_version DEFAULT VALUES;
CREATE TABLE rollcall.maintenance_changes (
  pattern text COLLATE "C" PRIMARY KEY,
  version uuid NOT NULL
);
ALTER TABLE rollcall.agents ADD COLUMN maintenance text;
ALTER TYPE rollcall.change ADD ATTRIBUTE maintenance text;
`
