/**
 * Records that the entry of a pattern has changed, so that its agents are to follow. The caller has locked the history:
 * a commit comes either before the change, and its agents are there when they are made to follow, or after it,
 * and is refused if it was worked out from older entries. Versions are random, because a restored backup must
 * not come to one that a node has seen with other entries.
 */
const RECORD_MAINTENANCE_CHANGE = `
CREATE OR REPLACE FUNCTION rollcall.record_maintenance_change(p_pattern text) RETURNS void
LANGUAGE sql AS $$
  UPDATE rollcall.maintenance_version SET version = gen_random_uuid();
  INSERT INTO rollcall.maintenance_changes (pattern, version)
    SELECT p_pattern, version FROM rollcall.maintenance_version
    ON CONFLICT (pattern) DO UPDATE SET version = excluded.version
$$;
`

/**
 * Sets the maintenance of a pattern, and returns since when it is in maintenance. Does nothing if it has the same
 * reason and operator already.
 */
const SET_MAINTENANCE = `
CREATE OR REPLACE FUNCTION rollcall.set_maintenance(
  p_now bigint, p_pattern text, p_reason text, p_set_by text
) RETURNS bigint
LANGUAGE plpgsql AS $$
DECLARE
  began_at bigint;
BEGIN
  PERFORM FROM rollcall.registry FOR UPDATE;
  INSERT INTO rollcall.maintenance AS entry (pattern, reason, since, set_by)
    SELECT p_pattern, p_reason, m.wall, p_set_by FROM rollcall.moment(p_now) m
    ON CONFLICT (pattern) DO UPDATE SET reason = excluded.reason, set_by = excluded.set_by
      WHERE (entry.reason, entry.set_by) <> (excluded.reason, excluded.set_by)
    RETURNING entry.since INTO began_at;
  IF FOUND THEN
    PERFORM rollcall.record_maintenance_change(p_pattern);
    RETURN began_at;
  END IF;
  RETURN (SELECT entry.since FROM rollcall.maintenance entry WHERE entry.pattern = p_pattern);
END $$;
`

/** Ends the maintenance of a pattern. Returns whether there was an entry. */
const END_MAINTENANCE = `
CREATE OR REPLACE FUNCTION rollcall.end_maintenance(p_pattern text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM rollcall.registry FOR UPDATE;
  DELETE FROM rollcall.maintenance entry WHERE entry.pattern = p_pattern;
  IF NOT FOUND THEN RETURN false; END IF;
  PERFORM rollcall.record_maintenance_change(p_pattern);
  RETURN true;
END $$;
`

export const MAINTENANCE_FUNCTIONS = [RECORD_MAINTENANCE_CHANGE, SET_MAINTENANCE, END_MAINTENANCE]
