import { NODE_RETENTION_MS, NODE_TIMEOUT_MS, STALL_MS } from './durations.ts'

/**
 * Registers a node that starts. If no other node is running, lease time goes on from where it stood, and
 * each lease that had not lapsed gets at least the restart grace.
 */
const OPEN_NODE = `
CREATE OR REPLACE FUNCTION rollcall.open_node(p_now bigint, p_node text, p_grace_ms bigint) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse;
  wall bigint;
  beat bigint;
  lease bigint;
BEGIN
  SELECT * INTO p FROM rollcall.pulse FOR UPDATE;
  wall := coalesce(p_now, floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint);
  IF p.expected IS NOT NULL AND wall - p.step_shift - p.expected <= ${STALL_MS} THEN
    INSERT INTO rollcall.nodes (node, seen) VALUES (p_node, p.seen) ON CONFLICT DO NOTHING;
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
  INSERT INTO rollcall.nodes (node, seen) VALUES (p_node, beat) ON CONFLICT DO NOTHING;
END $$;
`

/** Removes a node that stops. If it was the last one, no announcement is expected any more. */
const CLOSE_NODE = `
CREATE OR REPLACE FUNCTION rollcall.close_node(p_now bigint, p_node text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  p rollcall.pulse := rollcall.catch_up(p_now);
BEGIN
  DELETE FROM rollcall.nodes WHERE node = p_node OR seen < p.seen - ${NODE_RETENTION_MS};
  UPDATE rollcall.pulse SET
    expected = CASE WHEN EXISTS (SELECT FROM rollcall.nodes WHERE seen >= p.seen - ${NODE_TIMEOUT_MS})
      THEN expected END,
    sweeper = nullif(sweeper, p_node);
END $$;
`

export const NODE_FUNCTIONS = [OPEN_NODE, CLOSE_NODE]
