/** Version 1: agents, the history of their transitions, and the position of the registry. */
export const V01 = `
CREATE TABLE agents (
  agent_id TEXT NOT NULL,
  agent_name TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  last_heartbeat INTEGER NOT NULL,
  ttl_seconds INTEGER NOT NULL,
  metadata TEXT,
  registered_at INTEGER NOT NULL,
  metadata_given_as TEXT,
  capabilities TEXT NOT NULL,
  version TEXT,
  url TEXT NOT NULL,
  status TEXT NOT NULL,
  load REAL,
  expires_at INTEGER NOT NULL,
  lease_deadline INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  PRIMARY KEY (agent_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE transitions (
  transition_revision INTEGER PRIMARY KEY,
  type TEXT NOT NULL,
  at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  agent_name TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  last_heartbeat INTEGER NOT NULL,
  ttl_seconds INTEGER NOT NULL,
  metadata TEXT,
  registered_at INTEGER NOT NULL,
  metadata_given_as TEXT,
  capabilities TEXT NOT NULL,
  version TEXT,
  url TEXT NOT NULL,
  status TEXT NOT NULL,
  load REAL,
  expires_at INTEGER NOT NULL,
  lease_deadline INTEGER NOT NULL,
  expired INTEGER NOT NULL,
  revision INTEGER NOT NULL
) STRICT;

CREATE TABLE registry (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  epoch TEXT NOT NULL,
  revision INTEGER NOT NULL,
  lease_now INTEGER NOT NULL,
  heartbeats_saved_to INTEGER NOT NULL,
  owner_pid INTEGER
) STRICT;
`
