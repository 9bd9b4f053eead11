/** The clock of version 1. */
export const V01_CLOCK = `
CREATE FUNCTION rollcall.moment(p_now bigint)
RETURNS TABLE (wall bigint, beat bigint, lease bigint, stall_shift bigint, stalled bigint)
LANGUAGE sql ROWS 1 AS $$
  SELECT t.wall, t.beat, t.beat - p.stall_shift - s.stalled, p.stall_shift, s.stalled
  FROM rollcall.pulse p,
    LATERAL (SELECT coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint)
      AS wall OFFSET 0) c,
    LATERAL (SELECT c.wall, greatest(c.wall - p.step_shift, p.seen) AS beat) t,
    LATERAL (SELECT CASE WHEN t.beat - p.expected > 1000 THEN t.beat - p.expected ELSE 0 END
      AS stalled) s
$$;

CREATE FUNCTION rollcall.catch_up(p_now bigint) RETURNS rollcall.pulse
LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse;
  wall bigint;
BEGIN
  SELECT * INTO p FROM rollcall.pulse FOR UPDATE;
  wall := coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  IF wall - p.step_shift < p.seen - 1000 THEN
    p.step_shift := wall - p.seen;
  END IF;
  p.seen := greatest(wall - p.step_shift, p.seen);
  IF p.seen - p.expected > 1000 THEN
    p.stall_shift := p.stall_shift + p.seen - p.expected;
    p.expected := p.seen;
  END IF;
  UPDATE rollcall.pulse SET step_shift = p.step_shift, stall_shift = p.stall_shift,
    seen = p.seen, expected = p.expected;
  RETURN p;
END $$;

CREATE FUNCTION rollcall.step_clock(p_by bigint) RETURNS void
LANGUAGE sql AS $$
  UPDATE rollcall.pulse SET step_shift = step_shift + p_by
$$;

CREATE FUNCTION rollcall.open_node(p_now bigint, p_node text, p_grace_ms bigint) RETURNS void
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

CREATE FUNCTION rollcall.close_node(p_now bigint, p_node text) RETURNS void
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
