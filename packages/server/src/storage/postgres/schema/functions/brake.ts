import {
  COUNT_EVERY_SHARE,
  HOLD_LEAD_MS,
  LATE_TTL_DIVISOR,
  RECOUNT_MS,
  RELEASE_SHARE,
} from '../../../../domain/expiry-brake.ts'

/** Agents above which a sample of about so many is counted: the sweep must not take longer for a larger fleet. */
const SAMPLE_SIZE = 20_000

/**
 * Counts the agents by which the brake on mass expiry is judged. Of a large fleet, it reads random pages: their
 * share of late agents is off by less than four percent, even if all agents of a page fell silent together.
 */
const COUNT_LATE = `
CREATE OR REPLACE FUNCTION rollcall.count_late(
  p_lease bigint, OUT living bigint, OUT late bigint, OUT suspect bigint
) LANGUAGE plpgsql AS $$
DECLARE
  sampled_share double precision :=
    (SELECT least(1, ${SAMPLE_SIZE}.0 / greatest(1, registered)) FROM rollcall.registry);
BEGIN
  SELECT
      count(*) FILTER (WHERE NOT agent.suspect) / sampled_share,
      count(*) FILTER (WHERE NOT agent.suspect
        AND agent.deadline <= p_lease + agent.ttl_seconds * 1000::bigint / ${LATE_TTL_DIVISOR})
        / sampled_share,
      count(*) FILTER (WHERE agent.suspect) / sampled_share
    INTO living, late, suspect
    FROM rollcall.agents agent TABLESAMPLE SYSTEM (100 * sampled_share)
    WHERE NOT agent.expired;
END $$;
`

/**
 * Switches the brake on mass expiry on or off, by the rule of `domain/expiry-brake.ts`. p_due_count: agents that are
 * about to expire and not suspect; p_due_ttl_ms: the sum of their TTLs. Returns the lease time at which the brake ends; null: it is off.
 */
const JUDGE_BRAKE = `
CREATE OR REPLACE FUNCTION rollcall.judge_brake(p_lease bigint, p_due_count bigint, p_due_ttl_ms bigint)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  b rollcall.brake;
  counts record;
  registered_count bigint;
  recent_expiries double precision;
BEGIN
  SELECT * INTO b FROM rollcall.brake;
  IF b.ends_at > p_lease AND b.fraction > 0 THEN
    IF p_lease - b.counted_at < ${RECOUNT_MS} THEN RETURN b.ends_at; END IF;
    SELECT * INTO counts FROM rollcall.count_late(p_lease);
    IF counts.late + counts.suspect >= b.minimum AND counts.late + counts.suspect
        > b.fraction * ${RELEASE_SHARE} * (counts.living + counts.suspect) THEN
      UPDATE rollcall.brake SET counted_at = p_lease;
      RETURN b.ends_at;
    END IF;
  END IF;
  IF b.ends_at IS NOT NULL THEN
    UPDATE rollcall.brake SET since = NULL, ends_at = NULL, counted_at = NULL;
    -- Ended by a count: what is due has just been judged.
    IF b.ends_at > p_lease THEN RETURN NULL; END IF;
  END IF;
  IF p_due_count = 0 OR b.fraction = 0 THEN RETURN NULL; END IF;

  SELECT registered INTO registered_count FROM rollcall.registry;
  -- Those that expired within about a TTL; see RecentExpiries. Far exponents would underflow.
  recent_expiries :=
    b.expired_weight * exp(greatest(-500, (b.expired_at - p_lease) / b.expired_ttl_ms));
  b.due_count := b.due_count + p_due_count;
  IF b.due_count >= registered_count * ${COUNT_EVERY_SHARE} THEN
    SELECT * INTO counts FROM rollcall.count_late(p_lease);
    IF counts.late >= b.minimum
        AND counts.late > b.fraction * (counts.living + recent_expiries) THEN
      UPDATE rollcall.brake SET since = p_lease, ends_at = p_lease + max_ms, counted_at = p_lease,
        living = counts.living, late = counts.late, due_count = 0;
      RETURN p_lease + b.max_ms;
    END IF;
    b.due_count := 0;
  END IF;
  UPDATE rollcall.brake SET due_count = b.due_count, expired_at = p_lease,
    expired_weight = recent_expiries + p_due_count,
    expired_ttl_ms = (recent_expiries * expired_ttl_ms + p_due_ttl_ms)
      / (recent_expiries + p_due_count);
  RETURN NULL;
END $$;
`

/**
 * As `announce`, and returns what the brake holds back: `late_ids` are agents that are about to lapse, at most
 * p_limit. The node makes them suspect, with the rules that all stores share.
 */
const SWEEP = `
CREATE OR REPLACE FUNCTION rollcall.sweep(
  p_now bigint, p_node text, p_next_ms bigint, p_limit integer,
  OUT wall bigint, OUT beat bigint, OUT lease bigint, OUT stall_shift bigint, OUT sweeps boolean,
  OUT more boolean, OUT base bigint, OUT branch text, OUT lapsed text,
  OUT brake_since bigint, OUT brake_ends_at bigint, OUT brake_living bigint, OUT brake_late bigint, OUT late_ids text[]
) LANGUAGE plpgsql AS $$
BEGIN
  SELECT a.wall, a.beat, a.lease, a.stall_shift, a.sweeps, a.more, a.base, a.branch, a.lapsed
    INTO wall, beat, lease, stall_shift, sweeps, more, base, branch, lapsed
    FROM rollcall.announce(p_now, p_node, p_next_ms, p_limit) a;
  SELECT b.since, b.ends_at, b.living, b.late
    INTO brake_since, brake_ends_at, brake_living, brake_late
    FROM rollcall.brake b WHERE b.ends_at > lease;
  IF brake_ends_at IS NULL OR NOT sweeps OR p_limit = 0 THEN RETURN; END IF;
  SELECT array_agg(due.agent_id) INTO late_ids FROM (
    SELECT c.agent_id FROM rollcall.checks c JOIN rollcall.agents agent USING (agent_id)
    WHERE c.check_at <= lease + ${HOLD_LEAD_MS} AND agent.deadline <= lease + ${HOLD_LEAD_MS}
      AND NOT agent.expired AND NOT agent.suspect
    ORDER BY c.check_at LIMIT p_limit
  ) due;
  more := more OR cardinality(late_ids) = p_limit;
END $$;
`

export const BRAKE_FUNCTIONS = [COUNT_LATE, JUDGE_BRAKE, SWEEP]
