/**
 * Version 3: the branches of the history; see `domain/branch.ts`. The history so far is the first one, named
 * as the epoch, because positions that clients hold name it so.
 */
export const V03 = `
CREATE TABLE branches (
  ordinal INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  began_at_revision INTEGER NOT NULL,
  started_at INTEGER
) STRICT;
INSERT INTO branches (id, began_at_revision) SELECT epoch, 0 FROM registry;
`
