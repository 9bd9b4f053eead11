/**
 * Version 3: the details of an agent, as JSON; which process has registered it, and how many have; whether the
 * brake on mass expiry holds back its expiry; what operators have decided about ids and prefixes of ids, and about
 * each agent, as JSON; and the branches of the history, see `domain/branch.ts`. The
 * history so far is the first one, named as the epoch, because positions that clients hold name it so.
 */
export const V03 = `
ALTER TABLE agents ADD COLUMN details TEXT;
ALTER TABLE transitions ADD COLUMN details TEXT;

ALTER TABLE agents ADD COLUMN instance_id TEXT;
ALTER TABLE agents ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 1;
ALTER TABLE transitions ADD COLUMN instance_id TEXT;
ALTER TABLE transitions ADD COLUMN incarnation INTEGER NOT NULL DEFAULT 1;

CREATE TABLE branches (
  ordinal INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  began_at_revision INTEGER NOT NULL,
  started_at INTEGER
) STRICT;
INSERT INTO branches (id, began_at_revision) SELECT epoch, 0 FROM registry;

ALTER TABLE agents ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;
ALTER TABLE transitions ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0;

CREATE TABLE maintenance (
  pattern TEXT NOT NULL PRIMARY KEY,
  reason TEXT NOT NULL,
  since INTEGER NOT NULL,
  set_by TEXT NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE agents ADD COLUMN maintenance TEXT;
ALTER TABLE transitions ADD COLUMN maintenance TEXT;
`
