/** Registers a node that starts. */
const OPEN_NODE = String.raw`
CREATE OR REPLACE FUNCTION rollcall.open_node(p_now bigint, p_node text, p_grace_ms bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse;
  wall bigint;
  beat bigint;
  lease bigint;
BEGIN
  SELECT * INTO p FROM rollcall.pulse FOR UPDATE;
  wall := coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  IF p.expected IS NOT NULL AND wall - p.step_shift - p.expected <= 1000 THEN
    INSERT INTO rollcall.nodes VALUES (p_node, p.seen) ON CONFLICT DO NOTHING;
    RETURN;
  END IF;
  IF wall - p.step_shift < p.seen THEN
    p.step_shift := wall - p.seen;
  END IF;
  beat := wall - p.step_shift;
  p.stall_shift := p.stall_shift + beat - p.seen;
  lease := beat - p.stall_shift;
  UPDATE rollcall.agents SET deadline = lease + least(ttl_seconds * 1000::bigint, p_grace_ms)
    WHERE NOT expired AND deadline > lease
      AND deadline < lease + least(ttl_seconds * 1000::bigint, p_grace_ms);
  UPDATE rollcall.pulse SET step_shift = p.step_shift, stall_shift = p.stall_shift,
    seen = beat, expected = NULL, sweeper = NULL;
  DELETE FROM rollcall.nodes;
  INSERT INTO rollcall.nodes VALUES (p_node, beat) ON CONFLICT DO NOTHING;
END $$;
`

/** Removes a node that stops. */
const CLOSE_NODE = String.raw`
CREATE OR REPLACE FUNCTION rollcall.close_node(p_now bigint, p_node text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse := rollcall.catch_up(p_now);
BEGIN
  DELETE FROM rollcall.nodes WHERE node = p_node OR seen < p.seen - 10000;
  UPDATE rollcall.pulse SET
    expected = CASE WHEN EXISTS (SELECT FROM rollcall.nodes WHERE seen >= p.seen - 2000)
      THEN expected END,
    sweeper = nullif(sweeper, p_node);
END $$;
`

/**
 * Notes that a node is alive, and sweeps if this node is the one that sweeps. An expiry is recorded
 * as the agent's row and the moment; readers work out the rest with the rules that all stores share. To
 * fetch the agents first and to send back what became of them took half as long again.
 */
const TICK = String.raw`
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
`

export const NODE_FUNCTIONS = [OPEN_NODE, CLOSE_NODE, TICK]
