/**
 * Version 2: a node that gives a sign of life counts as one, even if another removed its row meanwhile. A
 * node that opens an empty registry removes all rows, and one that closes it those of nodes that were
 * stopped for ten seconds.
 */
export const V02 = String.raw`
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
  INSERT INTO rollcall.nodes VALUES (p_node, p.seen)
    ON CONFLICT (node) DO UPDATE SET seen = excluded.seen;

  IF sweeps AND p_limit > 0 THEN
    WITH passed AS MATERIALIZED (
      SELECT a.agent_id, a.ctid AS place, a.deadline, c.check_at, c.place AS check_place
      FROM (
        SELECT c.agent_id, c.check_at, c.ctid AS place FROM rollcall.checks c
        WHERE c.check_at <= lease + 1000 ORDER BY c.check_at LIMIT 2000
      ) c JOIN rollcall.agents a USING (agent_id)
      WHERE NOT a.expired
    ), filed AS (
      UPDATE rollcall.checks c SET check_at = o.deadline FROM passed o
      WHERE o.deadline > lease AND o.deadline <> o.check_at
        AND c.ctid = o.check_place AND c.check_at = o.check_at
    ), first AS (
      SELECT o.*, row_number() OVER (ORDER BY o.deadline, o.agent_id) AS ordinal
      FROM passed o WHERE o.deadline <= lease ORDER BY ordinal LIMIT p_limit
    )
    -- Locked in the order of their ids, as everywhere.
    SELECT array_agg(f.place ORDER BY f.agent_id), array_agg(f.ordinal ORDER BY f.agent_id),
        array_agg(f.check_place), (
          SELECT count(*) FILTER (WHERE o.deadline <= lease) > p_limit
            OR count(*) = 2000 AND bool_or(o.deadline <= lease OR o.deadline <> o.check_at)
          FROM passed o
        )
      INTO places, ordinals, check_places, more FROM first f;
  END IF;
  IF places IS NULL THEN
    PERFORM set_config('synchronous_commit', 'off', true);
    RETURN;
  END IF;

  SELECT r.revision INTO base FROM rollcall.registry r FOR UPDATE;
  WITH told AS (
    UPDATE rollcall.agents a SET expired = true, revision = base + d.ordinal
    FROM unnest(places, ordinals) AS d(place, ordinal)
    WHERE a.ctid = d.place AND NOT a.expired AND a.deadline <= lease
    RETURNING a.agent_id, a.revision, to_json(a)::text AS agent
  ), unchecked AS (
    DELETE FROM rollcall.checks c USING unnest(check_places) AS d(place) WHERE c.ctid = d.place
  ), listed AS (
    INSERT INTO rollcall.expired SELECT t.agent_id FROM told t
  ), noted AS (
    INSERT INTO rollcall.transitions (revision, type, agent_id, at, agent, moment)
    SELECT t.revision, 'expired', t.agent_id, wall, t.agent, ARRAY[wall, beat, lease] FROM told t
  )
  SELECT count(*), string_agg(t.agent, E'\n' ORDER BY t.revision) INTO lapsed_count, lapsed
    FROM told t;
  IF lapsed_count <> cardinality(places) THEN
    RAISE EXCEPTION 'an agent changed while it was swept' USING ERRCODE = 'serialization_failure';
  END IF;
  UPDATE rollcall.registry r SET revision = r.revision + lapsed_count,
    expired = r.expired + lapsed_count;
  PERFORM pg_notify('rollcall.transitions', (base + lapsed_count)::text);
END $$;
`
