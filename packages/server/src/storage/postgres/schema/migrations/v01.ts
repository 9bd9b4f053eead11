import { V01_CLOCK } from './v01-clock.ts'
import { V01_FUNCTIONS } from './v01-functions.ts'

/**
 * Version 1: the tables, and the functions as they were then. Of times, `at` and `registered_at` are Unix
 * milliseconds; the others are explained in `database-time.ts`.
 *
 * Heartbeats write `last_beat`, `deadline` and `load` alone, and no index has these: so they are HOT
 * updates, which leave no work to the indexes. So are expiries: which agents are to be checked when, and
 * which have expired, is in tables of their own.
 *
 * The agent of a transition is JSON as `toRecordedAgent` writes it. An expiry has a `moment` instead of
 * a reason (wall, beat and lease time), and its agent is the row in JSON.
 */
const TABLES = `
CREATE TABLE rollcall.registry (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  epoch text NOT NULL,
  revision bigint NOT NULL DEFAULT 0,
  registered bigint NOT NULL DEFAULT 0,
  expired bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE rollcall.pulse (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  step_shift bigint NOT NULL DEFAULT 0,
  stall_shift bigint NOT NULL DEFAULT 0,
  seen bigint NOT NULL,
  expected bigint,
  sweeper text,
  swept_at bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE rollcall.nodes (node text PRIMARY KEY, seen bigint NOT NULL) WITH (fillfactor = 10);

CREATE TABLE rollcall.agents (
  agent_id text COLLATE "C" PRIMARY KEY,
  agent_name text COLLATE "C" NOT NULL,
  host text NOT NULL,
  port integer NOT NULL,
  ttl_seconds integer NOT NULL,
  metadata text,
  metadata_given_as text,
  capabilities text[] NOT NULL,
  version text,
  url text NOT NULL,
  status text NOT NULL,
  load double precision,
  registered_at bigint NOT NULL,
  last_beat bigint NOT NULL,
  deadline bigint NOT NULL,
  expired boolean NOT NULL,
  revision bigint NOT NULL,
  terms text[] NOT NULL
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
CREATE INDEX agents_by_name ON rollcall.agents (agent_name);
CREATE INDEX agents_by_terms ON rollcall.agents USING gin (terms);

CREATE TABLE rollcall.checks (
  agent_id text COLLATE "C" PRIMARY KEY,
  check_at bigint NOT NULL
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX checks_due ON rollcall.checks (check_at);
CREATE TABLE rollcall.expired (agent_id text COLLATE "C" PRIMARY KEY);

CREATE TABLE rollcall.words (agent_id text COLLATE "C" PRIMARY KEY, words text NOT NULL);
CREATE TABLE rollcall.indexing (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  revision bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);

CREATE TABLE rollcall.transitions (
  revision bigint PRIMARY KEY,
  type text NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  at bigint NOT NULL,
  reason text,
  agent text NOT NULL,
  before text,
  moment bigint[]
);
CREATE INDEX transitions_by_agent ON rollcall.transitions (agent_id, revision);

CREATE TYPE rollcall.change AS (
  agent_id text, before bigint, lapsed_at bigint, gone boolean,
  agent_name text, host text, port integer, ttl_seconds integer, metadata text,
  metadata_given_as text, capabilities text[], version text, url text, status text,
  load double precision, registered_at bigint, last_beat bigint, deadline bigint,
  expired boolean, ordinal integer, terms text[], same_profile boolean
);
`

export const V01 = TABLES + V01_CLOCK + V01_FUNCTIONS
