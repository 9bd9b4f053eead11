/**
 * Every statement asks for the time here; see `postgres-time.ts`. A time that is given stands for
 * the clock of the database.
 */
const MOMENT = `
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
`

/**
 * A node that comes, goes on, and goes. Whoever finds that nobody has listened for more than a
 * second takes that time out of the life of every lease, by moving one number.
 */
const PULSE = `
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

CREATE FUNCTION rollcall.tick(
  p_now bigint, p_node text, p_next_ms bigint, p_limit integer,
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint,
  OUT sweeps boolean, OUT due text[], OUT more boolean
) LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse;
  at bigint;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  p := rollcall.catch_up(p_now);
  beat := p.seen;
  wall := beat + p.step_shift;
  lease := beat - p.stall_shift;
  stall_shift := p.stall_shift;
  sweeps := p.sweeper IS NULL OR p.sweeper = p_node OR abs(beat - p.swept_at) > 400;
  due := '{}';
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
  UPDATE rollcall.nodes SET seen = p.seen WHERE node = p_node;
  IF NOT sweeps OR p_limit = 0 THEN RETURN; END IF;
  at := lease;
  WITH passed AS MATERIALIZED (
    SELECT c.agent_id, c.check_at, a.deadline, a.expired
    FROM (SELECT c.agent_id, c.check_at FROM rollcall.checks c WHERE c.check_at <= at + 1000
      ORDER BY c.check_at LIMIT 2000) c
    LEFT JOIN rollcall.agents a USING (agent_id)
  ), filed AS (
    UPDATE rollcall.checks c SET check_at = o.deadline FROM passed o
    WHERE c.agent_id = o.agent_id AND NOT o.expired AND o.deadline > at
      AND o.deadline <> c.check_at
  ), dropped AS (
    DELETE FROM rollcall.checks c USING passed o
    WHERE c.agent_id = o.agent_id AND o.expired IS NOT FALSE
  )
  SELECT coalesce(array_agg(o.agent_id ORDER BY o.deadline, o.agent_id)
      FILTER (WHERE NOT o.expired AND o.deadline <= at), '{}'),
      count(*) = 2000 AND count(*) FILTER (WHERE o.expired IS NOT FALSE
        OR o.deadline <= at OR o.deadline <> o.check_at) > 0
    INTO due, more FROM passed o;
  more := more OR cardinality(due) > p_limit;
  due := due[1:p_limit];
END $$;
`

/**
 * Heartbeats that change nothing visible, many at a time. What is not answered for here makes a
 * transition, or nobody knows the agent. A crash of the database may lose those of the last half
 * second: the next one makes up for it.
 */
const BEAT = `
CREATE FUNCTION rollcall.beat(
  p_now bigint, p_ids text[], p_loads double precision[], p_statuses text[],
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint, OUT stalled bigint,
  OUT places text, OUT ttls text, OUT revisions text
) LANGUAGE plpgsql AS $$
DECLARE
  m record;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  SELECT * INTO m FROM rollcall.moment(p_now);
  wall := m.wall;
  beat := m.beat;
  lease := m.lease;
  stall_shift := m.stall_shift;
  stalled := m.stalled;
  IF p_loads IS NULL AND p_statuses IS NULL THEN
    WITH renewed AS (
      UPDATE rollcall.agents a
      SET last_beat = m.beat, deadline = m.lease + a.ttl_seconds * 1000::bigint
      FROM unnest(p_ids) WITH ORDINALITY h(agent_id, place)
      WHERE a.agent_id = h.agent_id AND NOT a.expired AND a.deadline > m.lease
      RETURNING h.place, a.ttl_seconds, a.revision
    )
    SELECT string_agg(r.place::text, ','), string_agg(r.ttl_seconds::text, ','),
      string_agg(r.revision::text, ',') INTO places, ttls, revisions FROM renewed r;
  ELSE
    WITH renewed AS (
      UPDATE rollcall.agents a
      SET last_beat = m.beat, deadline = m.lease + a.ttl_seconds * 1000::bigint,
        load = coalesce(h.load, a.load)
      FROM unnest(p_ids, p_loads, p_statuses) WITH ORDINALITY h(agent_id, load, status, place)
      WHERE a.agent_id = h.agent_id AND NOT a.expired AND a.deadline > m.lease
        AND (h.status IS NULL OR h.status = a.status)
      RETURNING h.place, a.ttl_seconds, a.revision
    )
    SELECT string_agg(r.place::text, ','), string_agg(r.ttl_seconds::text, ','),
      string_agg(r.revision::text, ',') INTO places, ttls, revisions FROM renewed r;
  END IF;
END $$;
`

/**
 * Takes in what a node worked out, if the agents still are as it found them; else it says which
 * are not, and nothing has happened. All of these run one after the other, so revisions become
 * visible in order, and whoever reads those after n never misses one. A node that stops in the
 * middle of its work holds nobody up: nothing is locked before it has said everything.
 */
const COMMIT = `
CREATE FUNCTION rollcall.commit(
  p_changes json, p_noted json, OUT base bigint, OUT stale text[]
) LANGUAGE plpgsql AS $$
DECLARE
  changes rollcall.change[];
  ids text[];
  noted_count integer;
  added bigint;
  expired_added bigint;
BEGIN
  SELECT array_agg(c ORDER BY c.agent_id COLLATE "C"), array_agg(c.agent_id)
    INTO changes, ids FROM json_populate_recordset(NULL::rollcall.change, p_changes) c;
  SELECT r.revision INTO base FROM rollcall.registry r FOR UPDATE;
  PERFORM 1 FROM rollcall.agents a WHERE a.agent_id = ANY (ids)
    ORDER BY a.agent_id FOR NO KEY UPDATE;
  SELECT
      array_agg(c.agent_id) FILTER (WHERE a.revision IS DISTINCT FROM c.before
        OR (c.lapsed_at IS NOT NULL AND a.deadline <> c.lapsed_at)),
      sum((NOT c.gone)::int - (a.agent_id IS NOT NULL)::int),
      sum((NOT c.gone AND c.expired)::int - coalesce(a.expired, false)::int)
    INTO stale, added, expired_added
    FROM unnest(changes) c LEFT JOIN rollcall.agents a ON a.agent_id = c.agent_id;
  IF stale IS NOT NULL THEN RETURN; END IF;

  DELETE FROM rollcall.agents a USING unnest(changes) c
    WHERE c.gone AND a.agent_id = c.agent_id;
  UPDATE rollcall.agents a SET
      status = c.status,
      load = CASE WHEN a.last_beat > c.last_beat THEN a.load ELSE c.load END,
      last_beat = greatest(a.last_beat, c.last_beat),
      deadline = c.deadline
        + CASE WHEN c.expired THEN 0 ELSE greatest(0, a.last_beat - c.last_beat) END,
      expired = c.expired,
      revision = CASE WHEN c.ordinal = 0 THEN a.revision ELSE base + c.ordinal END
    FROM unnest(changes) c WHERE c.same_profile AND NOT c.gone AND a.agent_id = c.agent_id;
  UPDATE rollcall.agents a SET
      agent_name = c.agent_name, host = c.host, port = c.port, ttl_seconds = c.ttl_seconds,
      metadata = c.metadata, metadata_given_as = c.metadata_given_as,
      capabilities = c.capabilities, version = c.version, url = c.url,
      registered_at = c.registered_at, terms = c.terms,
      status = c.status,
      load = CASE WHEN a.last_beat > c.last_beat THEN a.load ELSE c.load END,
      last_beat = greatest(a.last_beat, c.last_beat),
      deadline = c.deadline
        + CASE WHEN c.expired THEN 0 ELSE greatest(0, a.last_beat - c.last_beat) END,
      expired = c.expired,
      revision = CASE WHEN c.ordinal = 0 THEN a.revision ELSE base + c.ordinal END
    FROM unnest(changes) c
    WHERE NOT c.same_profile AND NOT c.gone AND c.before IS NOT NULL AND a.agent_id = c.agent_id;
  INSERT INTO rollcall.agents
    SELECT c.agent_id, c.agent_name, c.host, c.port, c.ttl_seconds, c.metadata,
      c.metadata_given_as, c.capabilities, c.version, c.url, c.status, c.load, c.registered_at,
      c.last_beat, c.deadline, c.expired, base + c.ordinal, c.terms
    FROM unnest(changes) c WHERE NOT c.gone AND c.before IS NULL;

  DELETE FROM rollcall.checks k USING unnest(changes) c
    WHERE k.agent_id = c.agent_id AND (c.gone OR c.expired);
  INSERT INTO rollcall.checks AS k
    SELECT c.agent_id, c.deadline FROM unnest(changes) c WHERE NOT c.gone AND NOT c.expired
    ON CONFLICT (agent_id) DO UPDATE SET check_at = excluded.check_at
    WHERE k.check_at > excluded.check_at;

  INSERT INTO rollcall.transitions
    SELECT base + n.ordinal, n.type, n.agent_id, n.at, n.reason, n.agent, n.before
    FROM json_populate_recordset(NULL::rollcall.noted, p_noted) n;
  GET DIAGNOSTICS noted_count = ROW_COUNT;
  IF noted_count > 0 THEN
    UPDATE rollcall.registry r SET revision = r.revision + noted_count,
      registered = r.registered + added, expired = r.expired + expired_added;
    PERFORM pg_notify('rollcall.transitions', (base + noted_count)::text);
  END IF;
END $$;
`

/** The functions of the schema; see `postgres-schema.ts`. */
export const FUNCTIONS = MOMENT + PULSE + BEAT + COMMIT
