import {
  NODE_TIMEOUT_MS,
  STALL_MS,
  SWEEP_LOCK_TIMEOUT_MS,
  SWEEPER_TIMEOUT_MS,
} from './durations.ts'

/** Checks that one sweep looks at. */
const CHECK_LIMIT = 2000

/**
 * Finds the agents that are past their deadline, soonest first, and gives their places in the order of
 * their ids, in which every function locks. Checks of agents that have sent heartbeats since move to the
 * new deadline. While the brake on mass expiry is on, only suspects lapse. `more`: there is more to do at once. `due_count` and
 * `due_ttl_ms`: how many of them are not suspect, and the sum of their TTLs.
 */
const FIND_LAPSED_AGENTS = `
CREATE OR REPLACE FUNCTION rollcall.find_lapsed_agents(
  p_lease bigint, p_limit integer,
  OUT places tid[], OUT ordinals bigint[], OUT check_places tid[], OUT more boolean,
  OUT due_count bigint, OUT due_ttl_ms bigint
) LANGUAGE plpgsql AS $$
DECLARE
  is_braked boolean := EXISTS (SELECT FROM rollcall.brake WHERE ends_at > p_lease);
BEGIN
  WITH due_checks AS (
    SELECT agent_id, check_at, ctid AS place FROM rollcall.checks
    WHERE check_at <= p_lease + ${STALL_MS} ORDER BY check_at LIMIT ${CHECK_LIMIT}
  ), due_agents AS MATERIALIZED (
    SELECT agent.agent_id, agent.ctid AS place, agent.deadline, agent.suspect, agent.ttl_seconds,
      due.check_at, due.place AS check_place
    FROM due_checks due JOIN rollcall.agents agent USING (agent_id)
    WHERE NOT agent.expired AND (agent.deadline > p_lease OR agent.suspect OR NOT is_braked)
  ), rescheduled_checks AS (
    UPDATE rollcall.checks c SET check_at = due.deadline FROM due_agents due
    WHERE due.deadline > p_lease AND due.deadline <> due.check_at
      AND c.ctid = due.check_place AND c.check_at = due.check_at
  ), lapsed_agents AS (
    SELECT due.*, row_number() OVER (ORDER BY due.deadline, due.agent_id) AS ordinal
    FROM due_agents due WHERE due.deadline <= p_lease ORDER BY ordinal LIMIT p_limit
  )
  SELECT
    array_agg(lapsed.place ORDER BY lapsed.agent_id),
    array_agg(lapsed.ordinal ORDER BY lapsed.agent_id),
    array_agg(lapsed.check_place),
    (
      SELECT count(*) FILTER (WHERE due.deadline <= p_lease) > p_limit
        OR count(*) = ${CHECK_LIMIT}
          AND bool_or(due.deadline <= p_lease OR due.deadline <> due.check_at)
      FROM due_agents due
    ),
    count(*) FILTER (WHERE NOT lapsed.suspect),
    coalesce(sum(lapsed.ttl_seconds) FILTER (WHERE NOT lapsed.suspect), 0) * 1000
    INTO places, ordinals, check_places, more, due_count, due_ttl_ms
  FROM lapsed_agents lapsed;
END $$;
`

/**
 * Expires the agents at some places. An expiry is recorded as the agent's row and the moment; readers work
 * out the rest with the rules that all stores share. To fetch the agents first and to send back what
 * became of them took half as long again.
 */
const EXPIRE_AGENTS = String.raw`
CREATE OR REPLACE FUNCTION rollcall.expire_agents(
  p_places tid[], p_ordinals bigint[], p_check_places tid[],
  p_wall bigint, p_beat bigint, p_lease bigint,
  OUT base bigint, OUT branch text, OUT expired text
) LANGUAGE plpgsql AS $$
DECLARE
  expired_count integer;
  expired_ids text[];
  revisions bigint[];
  agents text[];
  -- Not the one of the session: the block in announce() has an id of its own.
  transaction_id xid;
BEGIN
  SELECT h.base, h.branch INTO base, branch FROM rollcall.lock_history() h;
  -- The agents, unless a heartbeat or another transition came first.
  WITH expired_agents AS (
    UPDATE rollcall.agents agent SET expired = true, revision = base + lapsed.ordinal,
      updated_at = p_wall
    FROM unnest(p_places, p_ordinals) AS lapsed(place, ordinal)
    WHERE agent.ctid = lapsed.place AND NOT agent.expired AND agent.deadline <= p_lease
    RETURNING agent.agent_id, agent.revision, to_json(agent)::text AS agent_row, agent.xmin
  )
  SELECT count(*), array_agg(e.agent_id ORDER BY e.revision),
      array_agg(e.revision ORDER BY e.revision), array_agg(e.agent_row ORDER BY e.revision),
      (array_agg(e.xmin))[1]
    INTO expired_count, expired_ids, revisions, agents, transaction_id FROM expired_agents e;
  IF expired_count <> cardinality(p_places) THEN
    RAISE EXCEPTION 'an agent changed while it was swept' USING ERRCODE = 'serialization_failure';
  END IF;
  -- Their checks, which have served.
  DELETE FROM rollcall.checks c USING unnest(p_check_places) AS served(place)
    WHERE c.ctid = served.place;
  -- The list of the expired, for the cleanup.
  INSERT INTO rollcall.expired (agent_id) SELECT unnest(expired_ids);
  -- The history.
  INSERT INTO rollcall.transitions (revision, type, agent_id, at, agent, moment)
    SELECT e.revision, 'expired', e.agent_id, p_wall, e.agent_row, ARRAY[p_wall, p_beat, p_lease]
    FROM unnest(revisions, expired_ids, agents) AS e(revision, agent_id, agent_row);
  -- The position of the registry.
  branch := coalesce(branch, rollcall.begin_branch(base));
  UPDATE rollcall.registry SET revision = registry.revision + expired_count,
    branch = expire_agents.branch, written_by = transaction_id,
    server_started_at = pg_postmaster_start_time(),
    expired = registry.expired + expired_count;
  PERFORM pg_notify('rollcall.transitions', (base + expired_count)::text);
  expired := array_to_string(agents, E'\n');
END $$;
`

/**
 * Announces that a node is running and when it will announce itself next, and sweeps if this node is the
 * sweeper: the one that swept last, or any other when that one is ${SWEEPER_TIMEOUT_MS} ms late.
 *
 * p_next_ms: milliseconds until the next call; negative: none follows; null: not known.
 */
const ANNOUNCE = `
CREATE OR REPLACE FUNCTION rollcall.announce(
  p_now bigint, p_node text, p_next_ms bigint, p_limit integer,
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint, OUT sweeps boolean,
  OUT more boolean, OUT base bigint, OUT branch text, OUT lapsed text
) LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse := rollcall.catch_up(p_now);
  found record;
  was_braked boolean;
  is_braked boolean;
BEGIN
  beat := p.seen;
  wall := beat + p.step_shift;
  lease := beat - p.stall_shift;
  stall_shift := p.stall_shift;
  sweeps := p.sweeper IS NULL OR p.sweeper = p_node
    OR abs(beat - p.swept_at) > ${SWEEPER_TIMEOUT_MS};
  more := false;
  IF p_next_ms >= 0 THEN
    p.expected := greatest(coalesce(p.expected, 0), beat + p_next_ms);
  ELSIF p_next_ms < 0 AND NOT EXISTS (
    SELECT FROM rollcall.nodes n WHERE n.node <> p_node AND n.seen >= p.seen - ${NODE_TIMEOUT_MS}
  ) THEN
    p.expected := NULL;
  END IF;
  UPDATE rollcall.pulse SET expected = p.expected,
    sweeper = CASE WHEN sweeps THEN p_node ELSE sweeper END,
    swept_at = CASE WHEN sweeps THEN beat ELSE swept_at END;
  INSERT INTO rollcall.nodes (node, seen) VALUES (p_node, p.seen)
    ON CONFLICT (node) DO UPDATE SET seen = excluded.seen;

  IF sweeps AND p_limit > 0 THEN
    was_braked := EXISTS (SELECT FROM rollcall.brake WHERE ends_at > lease);
    SELECT * INTO found FROM rollcall.find_lapsed_agents(lease, p_limit);
    is_braked :=
      rollcall.judge_brake(lease, found.due_count, found.due_ttl_ms) IS NOT NULL;
    IF is_braked <> was_braked THEN
      SELECT * INTO found FROM rollcall.find_lapsed_agents(lease, p_limit);
    END IF;
    more := found.more;
    IF found.places IS NOT NULL THEN
      BEGIN
        PERFORM set_config('lock_timeout', '${SWEEP_LOCK_TIMEOUT_MS}ms', true);
        SELECT e.base, e.branch, e.expired INTO base, branch, lapsed FROM rollcall.expire_agents(
          found.places, found.ordinals, found.check_places, wall, beat, lease) e;
        RETURN;
      EXCEPTION WHEN lock_not_available THEN
        base := NULL;
        branch := NULL;
        lapsed := NULL;
        more := false;
      END;
    END IF;
  END IF;
  -- A crash of the database may lose the announcement: time then stands still for longer.
  PERFORM set_config('synchronous_commit', 'off', true);
END $$;
`

/** For running nodes of version 4. */
const TICK = `
CREATE OR REPLACE FUNCTION rollcall.tick(
  p_now bigint, p_node text, p_next_ms bigint, p_limit integer,
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint, OUT sweeps boolean,
  OUT more boolean, OUT base bigint, OUT lapsed text
) LANGUAGE sql AS $$
  SELECT a.wall, a.beat, a.lease, a.stall_shift, a.sweeps, a.more, a.base, a.lapsed
  FROM rollcall.announce(p_now, p_node, p_next_ms, p_limit) a
$$;
`

export const SWEEP_FUNCTIONS = [FIND_LAPSED_AGENTS, EXPIRE_AGENTS, ANNOUNCE, TICK]
