/**
 * Every statement asks for the time here; see `database-time.ts`. A time that is given stands for
 * the clock of the database.
 */
const MOMENT = String.raw`
CREATE OR REPLACE FUNCTION rollcall.moment(p_now bigint)
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
 * Takes the time during which no node listened out of the life of every lease, if that was more than a
 * second, by moving one number.
 */
const CATCH_UP = String.raw`
CREATE OR REPLACE FUNCTION rollcall.catch_up(p_now bigint) RETURNS rollcall.pulse
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
`

/** As `catch_up`, unless another session has the row of the time locked. */
const TRY_CATCH_UP = String.raw`
CREATE OR REPLACE FUNCTION rollcall.try_catch_up(p_now bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- Of what a crash loses, leases lose nothing: time then stands still for longer.
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM FROM rollcall.pulse FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM rollcall.catch_up(p_now);
  RETURN true;
END $$;
`

/** Follows a step of the wall clock. */
const STEP_CLOCK = String.raw`
CREATE OR REPLACE FUNCTION rollcall.step_clock(p_by bigint) RETURNS void
LANGUAGE sql AS $$
  UPDATE rollcall.pulse SET step_shift = step_shift + p_by
$$;
`

export const CLOCK_FUNCTIONS = [MOMENT, CATCH_UP, TRY_CATCH_UP, STEP_CLOCK]
