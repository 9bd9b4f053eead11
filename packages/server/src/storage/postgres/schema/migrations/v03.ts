/**
 * Version 3: nothing that waits keeps heartbeats waiting. Heartbeats without the row of the time and without
 * agents that are locked, sweeps that give up on a lock after half a second, commits that keep a load
 * reported since the agent was read, and a row of its own that readiness writes.
 */
export const V03 = String.raw`
CREATE TABLE rollcall.probe (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  probes bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 10);
INSERT INTO rollcall.probe DEFAULT VALUES;

-- What the agent's load was when it was read; has_found_load: the node sends that.
ALTER TYPE rollcall.change ADD ATTRIBUTE found_load double precision;
ALTER TYPE rollcall.change ADD ATTRIBUTE has_found_load boolean;

CREATE FUNCTION rollcall.try_catch_up(p_now bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Of what a crash loses, leases lose nothing: time then stands still for longer.
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM FROM rollcall.pulse FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM rollcall.catch_up(p_now);
  RETURN true;
END $$;

CREATE FUNCTION rollcall.beat_unlocked(
  p_now bigint, p_ids text[], p_loads double precision[], p_statuses text[],
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint, OUT stalled bigint,
  OUT places text, OUT ttls text, OUT revisions text
) LANGUAGE plpgsql AS $$
DECLARE
  m record;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  -- No row is waited for; a table that somebody has locked is.
  PERFORM set_config('lock_timeout', '2s', true);
  SELECT * INTO m FROM rollcall.moment(p_now);
  wall := m.wall;
  beat := m.beat;
  lease := m.lease;
  stall_shift := m.stall_shift;
  stalled := m.stalled;
  WITH unlocked_agents AS MATERIALIZED (
    SELECT a.agent_id, heartbeat.place, heartbeat.load
    FROM unnest(p_ids, p_loads, p_statuses) WITH ORDINALITY
      heartbeat(agent_id, load, status, place)
    JOIN rollcall.agents a ON a.agent_id = heartbeat.agent_id
    WHERE NOT a.expired AND a.deadline > m.lease
      AND (heartbeat.status IS NULL OR heartbeat.status = a.status)
    FOR NO KEY UPDATE OF a SKIP LOCKED
  ), renewed_agents AS (
    UPDATE rollcall.agents a
    SET last_beat = m.beat, deadline = m.lease + a.ttl_seconds * 1000::bigint,
      load = coalesce(u.load, a.load)
    FROM unlocked_agents u WHERE a.agent_id = u.agent_id
    RETURNING u.place, a.ttl_seconds, a.revision
  )
  SELECT string_agg(r.place::text, ','), string_agg(r.ttl_seconds::text, ','),
    string_agg(r.revision::text, ',') INTO places, ttls, revisions FROM renewed_agents r;
END $$;

CREATE OR REPLACE FUNCTION rollcall.tick(
  p_now bigint, p_node text, p_next_ms bigint, p_limit integer,
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint, OUT sweeps boolean,
  OUT more boolean, OUT base bigint, OUT lapsed text
) LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse;
  places tid[];
  ordinals bigint[];
  check_places tid[];
  lapsed_count integer;
BEGIN
  p := rollcall.catch_up(p_now);
  beat := p.seen;
  wall := beat + p.step_shift;
  lease := beat - p.stall_shift;
  stall_shift := p.stall_shift;
  sweeps := p.sweeper IS NULL OR p.sweeper = p_node OR abs(beat - p.swept_at) > 400;
  more := false;
  IF p_next_ms >= 0 THEN
    p.expected := greatest(coalesce(p.expected, 0), beat + p_next_ms);
  ELSIF p_next_ms < 0 AND NOT EXISTS (
    SELECT FROM rollcall.nodes n WHERE n.node <> p_node AND n.seen >= p.seen - 2000
  ) THEN
    p.expected := NULL;
  END IF;
  UPDATE rollcall.pulse SET expected = p.expected,
    sweeper = CASE WHEN sweeps THEN p_node ELSE sweeper END,
    swept_at = CASE WHEN sweeps THEN beat ELSE swept_at END;
  INSERT INTO rollcall.nodes (node, seen) VALUES (p_node, p.seen)
    ON CONFLICT (node) DO UPDATE SET seen = excluded.seen;

  IF sweeps AND p_limit > 0 THEN
    WITH due_agents AS MATERIALIZED (
      SELECT a.agent_id, a.ctid AS place, a.deadline, c.check_at, c.place AS check_place
      FROM (
        SELECT c.agent_id, c.check_at, c.ctid AS place FROM rollcall.checks c
        WHERE c.check_at <= lease + 1000 ORDER BY c.check_at LIMIT 2000
      ) c JOIN rollcall.agents a USING (agent_id)
      WHERE NOT a.expired
    ), rescheduled_checks AS (
      UPDATE rollcall.checks c SET check_at = d.deadline FROM due_agents d
      WHERE d.deadline > lease AND d.deadline <> d.check_at
        AND c.ctid = d.check_place AND c.check_at = d.check_at
    ), lapsed_agents AS (
      SELECT d.*, row_number() OVER (ORDER BY d.deadline, d.agent_id) AS ordinal
      FROM due_agents d WHERE d.deadline <= lease ORDER BY ordinal LIMIT p_limit
    )
    -- Locked in the order of their ids, as everywhere.
    SELECT array_agg(l.place ORDER BY l.agent_id), array_agg(l.ordinal ORDER BY l.agent_id),
        array_agg(l.check_place), (
          SELECT count(*) FILTER (WHERE d.deadline <= lease) > p_limit
            OR count(*) = 2000 AND bool_or(d.deadline <= lease OR d.deadline <> d.check_at)
          FROM due_agents d
        )
      INTO places, ordinals, check_places, more FROM lapsed_agents l;
  END IF;
  IF places IS NULL THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN;
  END IF;

  BEGIN
    -- The row of the time is locked meanwhile, and other nodes want to give signs of life.
    PERFORM set_config('lock_timeout', '500ms', true);
    SELECT r.revision INTO base FROM rollcall.registry r FOR UPDATE;
    WITH expired_agents AS (
      UPDATE rollcall.agents a SET expired = true, revision = base + d.ordinal
      FROM unnest(places, ordinals) AS d(place, ordinal)
      WHERE a.ctid = d.place AND NOT a.expired AND a.deadline <= lease
      RETURNING a.agent_id, a.revision, to_json(a)::text AS agent
    ), deleted_checks AS (
      DELETE FROM rollcall.checks c USING unnest(check_places) AS d(place) WHERE c.ctid = d.place
    ), listed_agents AS (
      INSERT INTO rollcall.expired (agent_id) SELECT e.agent_id FROM expired_agents e
    ), recorded_transitions AS (
      INSERT INTO rollcall.transitions (revision, type, agent_id, at, agent, moment)
      SELECT e.revision, 'expired', e.agent_id, wall, e.agent, ARRAY[wall, beat, lease]
      FROM expired_agents e
    )
    SELECT count(*), string_agg(e.agent, E'\n' ORDER BY e.revision) INTO lapsed_count, lapsed
      FROM expired_agents e;
    IF lapsed_count <> cardinality(places) THEN
      RAISE EXCEPTION 'an agent changed while it was swept' USING ERRCODE = 'serialization_failure';
    END IF;
    UPDATE rollcall.registry r SET revision = r.revision + lapsed_count,
      expired = r.expired + lapsed_count;
    PERFORM pg_notify('rollcall.transitions', (base + lapsed_count)::text);
  EXCEPTION WHEN lock_not_available THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    base := NULL;
    lapsed := NULL;
    more := false;
  END;
END $$;

CREATE OR REPLACE FUNCTION rollcall.commit(
  p_changes json, p_noted json, p_agents text, OUT base bigint, OUT is_stale boolean
) LANGUAGE plpgsql AS $$
DECLARE
  known rollcall.change[];
  new rollcall.change[];
  wanted record;
  found record;
  added integer;
  noted_count integer;
BEGIN
  SELECT
      array_agg(c ORDER BY c.agent_id COLLATE "C") FILTER (WHERE c.before IS NOT NULL),
      array_agg(c ORDER BY c.agent_id COLLATE "C") FILTER (WHERE c.before IS NULL)
    INTO known, new FROM json_populate_recordset(NULL::rollcall.change, p_changes) c;
  SELECT
      array_agg(c.agent_id) AS ids,
      array_agg(c.before) AS revisions,
      array_agg(c.lapsed_at) AS lapsed_at,
      count(*) FILTER (WHERE NOT c.gone) AS count,
      count(*) FILTER (WHERE NOT c.gone AND c.expired) AS expired
    INTO wanted FROM unnest(known) c;
  SELECT r.revision INTO base FROM rollcall.registry r FOR UPDATE;
  SELECT
      array_agg(a.agent_id) AS ids,
      array_agg(a.ctid) AS places,
      array_agg(a.revision) AS revisions,
      array_agg(a.deadline) AS deadlines,
      count(*) AS count,
      count(*) FILTER (WHERE a.expired) AS expired
    INTO found FROM (
      SELECT a.ctid, a.* FROM rollcall.agents a
      WHERE a.agent_id = ANY (ARRAY(SELECT c.agent_id FROM unnest(known || new) c))
      ORDER BY a.agent_id FOR NO KEY UPDATE
    ) a;
  is_stale := wanted.ids IS DISTINCT FROM found.ids
    OR wanted.revisions IS DISTINCT FROM found.revisions
    OR EXISTS (
      SELECT FROM unnest(wanted.lapsed_at, found.deadlines) d(lapsed_at, deadline)
      WHERE d.lapsed_at <> d.deadline
    );
  IF is_stale THEN RETURN; END IF;

  IF found.count > 0 THEN
    -- Where they lie is known, and stays so: they are locked.
    DELETE FROM rollcall.agents a
      USING unnest(found.places, known) AS c(place)
      WHERE c.gone AND a.ctid = c.place;
    -- Heartbeats may have come since they were read: what those wrote stays.
    UPDATE rollcall.agents a SET
        status = c.status,
        load = CASE
          WHEN c.has_found_load AND a.load IS DISTINCT FROM c.found_load THEN a.load
          WHEN c.has_found_load THEN c.load
          WHEN a.last_beat > c.last_beat THEN a.load
          ELSE c.load
        END,
        last_beat = greatest(a.last_beat, c.last_beat),
        deadline = c.deadline
          + CASE WHEN c.expired THEN 0 ELSE greatest(0, a.last_beat - c.last_beat) END,
        expired = c.expired,
        revision = CASE WHEN c.ordinal = 0 THEN a.revision ELSE base + c.ordinal END
      FROM unnest(found.places, known) AS c(place)
      WHERE NOT c.gone AND a.ctid = c.place;
    UPDATE rollcall.agents a SET
        agent_name = c.agent_name, host = c.host, port = c.port, ttl_seconds = c.ttl_seconds,
        metadata = c.metadata, metadata_given_as = c.metadata_given_as,
        capabilities = c.capabilities, version = c.version, url = c.url,
        registered_at = c.registered_at, terms = c.terms
      FROM unnest(known) c
      WHERE NOT c.gone AND NOT c.same_profile AND a.agent_id = c.agent_id;
  END IF;
  INSERT INTO rollcall.agents (agent_id, agent_name, host, port, ttl_seconds, metadata,
      metadata_given_as, capabilities, version, url, status, load, registered_at, last_beat,
      deadline, expired, revision, terms)
    SELECT c.agent_id, c.agent_name, c.host, c.port, c.ttl_seconds, c.metadata,
      c.metadata_given_as, c.capabilities, c.version, c.url, c.status, c.load, c.registered_at,
      c.last_beat, c.deadline, c.expired, base + c.ordinal, c.terms
    FROM unnest(new) c WHERE NOT c.gone;
  GET DIAGNOSTICS added = ROW_COUNT;

  DELETE FROM rollcall.checks k
    USING unnest(known) c WHERE k.agent_id = c.agent_id AND (c.gone OR c.expired);
  INSERT INTO rollcall.checks AS k (agent_id, check_at)
    SELECT c.agent_id, c.deadline FROM unnest(known || new) c WHERE NOT c.gone AND NOT c.expired
    ON CONFLICT (agent_id) DO UPDATE SET check_at = excluded.check_at
    WHERE k.check_at > excluded.check_at;
  DELETE FROM rollcall.expired e
    USING unnest(known) c WHERE e.agent_id = c.agent_id AND (c.gone OR NOT c.expired);
  INSERT INTO rollcall.expired (agent_id)
    SELECT c.agent_id FROM unnest(known) c WHERE NOT c.gone AND c.expired;

  INSERT INTO rollcall.transitions (revision, type, agent_id, at, reason, agent, before)
    SELECT base + n.ordinal, n.type, n.agent_id, n.at, n.reason, n.agent, n.before
    FROM ROWS FROM (
      json_to_recordset(p_noted)
        AS (type text, agent_id text, at bigint, reason text, before text),
      string_to_table(p_agents, E'\n')
    ) WITH ORDINALITY AS n(type, agent_id, at, reason, before, agent, ordinal);
  GET DIAGNOSTICS noted_count = ROW_COUNT;
  IF noted_count > 0 THEN
    UPDATE rollcall.registry r SET revision = r.revision + noted_count,
      registered = r.registered + added + wanted.count - found.count,
      expired = r.expired + wanted.expired - found.expired;
    PERFORM pg_notify('rollcall.transitions', (base + noted_count)::text);
  END IF;
END $$;
`
