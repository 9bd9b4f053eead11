import { HEARTBEAT_LOCK_TIMEOUT_MS } from './durations.ts'

const BY_OWNER =
  'AND (heartbeat.owner IS NULL OR agent.owner IS NULL OR heartbeat.owner = agent.owner)'

/** Returns the statement of `beat` for heartbeats with the given columns. */
function renewAgents(heartbeats: {
  arrays: string
  columns: string
  assignments?: string
  conditions?: string
}): string {
  const { arrays, columns, assignments = '', conditions = '' } = heartbeats
  return `WITH renewed_agents AS (
        UPDATE rollcall.agents agent
        SET last_beat = m.beat, deadline = m.lease + agent.ttl_seconds * 1000::bigint${assignments}
        FROM unnest(${arrays}) WITH ORDINALITY heartbeat(${columns}, place)
        WHERE agent.agent_id = heartbeat.agent_id AND NOT agent.expired AND agent.deadline > m.lease
          AND NOT agent.suspect ${conditions}
        RETURNING heartbeat.place, agent.ttl_seconds, agent.revision
      )
      SELECT string_agg(r.place::text, ','), string_agg(r.ttl_seconds::text, ','),
        string_agg(r.revision::text, ',') INTO places, ttls, revisions FROM renewed_agents r;`
}

/**
 * Renews the leases of many agents by heartbeats that change nothing visible: a heartbeat of a suspect is a
 * transition. `places` are the positions of the renewed among p_ids, `ttls` and `revisions` belong to them. An
 * agent that is missing there is unknown, or its heartbeat is a transition, or comes from another instance or
 * from a principal that it does not belong to (p_owners; null: a caller that may change all agents). A crash of
 * the database may lose the heartbeats of the last half second; the next ones make up for it.
 */
const BEAT = `
CREATE OR REPLACE FUNCTION rollcall.beat(
  p_now bigint, p_ids text[], p_loads double precision[], p_statuses text[],
  p_instances text[] DEFAULT NULL, p_owners text[] DEFAULT NULL,
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
  -- Most heartbeats say nothing more, and each further array takes time for each of them.
  IF p_loads IS NULL AND p_statuses IS NULL AND p_instances IS NULL THEN
    IF p_owners IS NULL THEN
      ${renewAgents({ arrays: 'p_ids', columns: 'agent_id' })}
    ELSE
      ${renewAgents({ arrays: 'p_ids, p_owners', columns: 'agent_id, owner', conditions: BY_OWNER })}
    END IF;
  ELSE
    ${renewAgents({
      arrays: 'p_ids, p_loads, p_statuses, p_instances, p_owners',
      columns: 'agent_id, load, status, instance_id, owner',
      assignments: ', load = coalesce(heartbeat.load, agent.load)',
      conditions: `AND (heartbeat.status IS NULL OR heartbeat.status = agent.status)
        AND (heartbeat.instance_id IS NULL OR heartbeat.instance_id = agent.instance_id)
        ${BY_OWNER}`,
    })}
  END IF;
END $$;
`

/** As `beat`, for agents that no other session has locked, and without the lock of the time row. */
const BEAT_UNLOCKED = `
CREATE OR REPLACE FUNCTION rollcall.beat_unlocked(
  p_now bigint, p_ids text[], p_loads double precision[], p_statuses text[],
  p_instances text[] DEFAULT NULL, p_owners text[] DEFAULT NULL,
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint, OUT stalled bigint,
  OUT places text, OUT ttls text, OUT revisions text
) LANGUAGE plpgsql AS $$
DECLARE
  m record;
BEGIN
  PERFORM set_config('synchronous_commit', 'off', true);
  -- Waits for no row, but for a table that another session has locked.
  PERFORM set_config('lock_timeout', '${HEARTBEAT_LOCK_TIMEOUT_MS}ms', true);
  SELECT * INTO m FROM rollcall.moment(p_now);
  wall := m.wall;
  beat := m.beat;
  lease := m.lease;
  stall_shift := m.stall_shift;
  stalled := m.stalled;
  WITH unlocked_agents AS MATERIALIZED (
    SELECT a.agent_id, heartbeat.place, heartbeat.load
    FROM unnest(p_ids, p_loads, p_statuses, p_instances, p_owners) WITH ORDINALITY
      heartbeat(agent_id, load, status, instance_id, owner, place)
    JOIN rollcall.agents a ON a.agent_id = heartbeat.agent_id
    WHERE NOT a.expired AND a.deadline > m.lease AND NOT a.suspect
      AND (heartbeat.status IS NULL OR heartbeat.status = a.status)
      AND (heartbeat.instance_id IS NULL OR heartbeat.instance_id = a.instance_id)
      AND (heartbeat.owner IS NULL OR a.owner IS NULL OR heartbeat.owner = a.owner)
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
