import { STALL_MS } from './durations.ts'

/**
 * The present moment on the three scales; see `database-time.ts`. p_now: Unix milliseconds in place of
 * the clock of the database; null: that clock.
 */
const MOMENT = `
CREATE OR REPLACE FUNCTION rollcall.moment(p_now bigint)
RETURNS TABLE (wall bigint, beat bigint, lease bigint, stall_shift bigint, stalled bigint)
LANGUAGE sql ROWS 1 AS $$
  SELECT beats.wall, beats.beat, beats.beat - pulse.stall_shift - stall.stalled,
    pulse.stall_shift, stall.stalled
  FROM rollcall.pulse,
    -- OFFSET 0: read once.
    LATERAL (
      SELECT coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS wall
      OFFSET 0
    ) clock,
    LATERAL (
      SELECT clock.wall, greatest(clock.wall - pulse.step_shift, pulse.seen) AS beat
    ) beats,
    LATERAL (
      SELECT CASE WHEN beats.beat - pulse.expected > ${STALL_MS}
        THEN beats.beat - pulse.expected ELSE 0 END AS stalled
    ) stall
$$;
`

/**
 * Moves lease time back by the time for which no node was running, if that was more than a second. So one
 * number extends every lease. Also follows a clock that was set back.
 */
const CATCH_UP = `
CREATE OR REPLACE FUNCTION rollcall.catch_up(p_now bigint) RETURNS rollcall.pulse
LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse;
  wall bigint;
BEGIN
  SELECT * INTO p FROM rollcall.pulse FOR UPDATE;
  wall := coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  IF wall - p.step_shift < p.seen - ${STALL_MS} THEN
    p.step_shift := wall - p.seen;
  END IF;
  p.seen := greatest(wall - p.step_shift, p.seen);
  IF p.seen - p.expected > ${STALL_MS} THEN
    p.stall_shift := p.stall_shift + p.seen - p.expected;
    p.expected := p.seen;
  END IF;
  UPDATE rollcall.pulse SET step_shift = p.step_shift, stall_shift = p.stall_shift,
    seen = p.seen, expected = p.expected;
  RETURN p;
END $$;
`

/** As `catch_up`, unless another session has locked the row of the time. Returns whether it did. */
const TRY_CATCH_UP = `
CREATE OR REPLACE FUNCTION rollcall.try_catch_up(p_now bigint) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  -- If a crash loses this, no lease gets shorter: time then stands still for longer.
  PERFORM set_config('synchronous_commit', 'off', true);
  PERFORM FROM rollcall.pulse FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM rollcall.catch_up(p_now);
  RETURN true;
END $$;
`

/** Follows a step of the wall clock by some milliseconds. */
const STEP_CLOCK = `
CREATE OR REPLACE FUNCTION rollcall.step_clock(p_by bigint) RETURNS void
LANGUAGE sql AS $$
  UPDATE rollcall.pulse SET step_shift = step_shift + p_by
$$;
`

export const CLOCK_FUNCTIONS = [MOMENT, CATCH_UP, TRY_CATCH_UP, STEP_CLOCK]
