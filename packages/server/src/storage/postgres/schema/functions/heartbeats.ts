/**
 * Takes heartbeats that change nothing visible, many at a time. Those without a place in the result make a
 * transition, or their agent is unknown. A crash of the database may lose those of the last half
 * second: the next heartbeat makes up for it.
 */
const BEAT = String.raw`
CREATE OR REPLACE FUNCTION rollcall.beat(
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

/** As `beat`, for agents that no other session has locked, and without the row of the time. */
const BEAT_UNLOCKED = String.raw`
CREATE OR REPLACE FUNCTION rollcall.beat_unlocked(
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
`

export const HEARTBEAT_FUNCTIONS = [BEAT, BEAT_UNLOCKED]
