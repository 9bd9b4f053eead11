/**
 * Version 5: the branches of the history; see `functions/branches.ts`. The history so far is the first one,
 * named as the epoch, because positions that clients hold name it so. `written_by` and `server_started_at`
 * stay empty: so the next commit begins a branch, even if the registry was restored from a backup just now.
 */
export const V05 = `
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
