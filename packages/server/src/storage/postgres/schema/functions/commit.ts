/**
 * Takes in what a node worked out, if the agents still are as it found them; else nothing happens.
 * All of these run one after the other, so revisions become visible in order, and whoever reads
 * those after n never misses one. A node that stops in the middle of its work holds nobody up:
 * nothing is locked before it has said everything. Changes are taken in the order of their ids: so
 * are locks, and so is what is found.
 */
export const COMMIT_FUNCTION = String.raw`
CREATE OR REPLACE FUNCTION rollcall.commit(
  p_changes json, p_noted json, p_agents text, OUT base bigint, OUT is_stale boolean
) LANGUAGE plpgsql AS $$
DECLARE
  known rollcall.change[];
  new rollcall.change[];
  wanted record;
  found record;
  added integer;
  noted_count integer;
BEGIN
  SELECT
      array_agg(c ORDER BY c.agent_id COLLATE "C") FILTER (WHERE c.before IS NOT NULL),
      array_agg(c ORDER BY c.agent_id COLLATE "C") FILTER (WHERE c.before IS NULL)
    INTO known, new FROM json_populate_recordset(NULL::rollcall.change, p_changes) c;
  SELECT
      array_agg(c.agent_id) AS ids,
      array_agg(c.before) AS revisions,
      array_agg(c.lapsed_at) AS lapsed_at,
      count(*) FILTER (WHERE NOT c.gone) AS count,
      count(*) FILTER (WHERE NOT c.gone AND c.expired) AS expired
    INTO wanted FROM unnest(known) c;
  SELECT r.revision INTO base FROM rollcall.registry r FOR UPDATE;
  SELECT
      array_agg(a.agent_id) AS ids,
      array_agg(a.ctid) AS places,
      array_agg(a.revision) AS revisions,
      array_agg(a.deadline) AS deadlines,
      count(*) AS count,
      count(*) FILTER (WHERE a.expired) AS expired
    INTO found FROM (
      SELECT a.ctid, a.* FROM rollcall.agents a
      WHERE a.agent_id = ANY (ARRAY(SELECT c.agent_id FROM unnest(known || new) c))
      ORDER BY a.agent_id FOR NO KEY UPDATE
    ) a;
  is_stale := wanted.ids IS DISTINCT FROM found.ids
    OR wanted.revisions IS DISTINCT FROM found.revisions
    OR EXISTS (
      SELECT FROM unnest(wanted.lapsed_at, found.deadlines) d(lapsed_at, deadline)
      WHERE d.lapsed_at <> d.deadline
    );
  IF is_stale THEN RETURN; END IF;

  IF found.count > 0 THEN
    -- Where they lie is known, and stays so: they are locked.
    DELETE FROM rollcall.agents a
      USING unnest(found.places, known) AS c(place)
      WHERE c.gone AND a.ctid = c.place;
    -- Heartbeats may have come since they were read: what those wrote stays.
    UPDATE rollcall.agents a SET
        status = c.status,
        load = CASE
          WHEN c.has_found_load AND a.load IS DISTINCT FROM c.found_load THEN a.load
          WHEN c.has_found_load THEN c.load
          WHEN a.last_beat > c.last_beat THEN a.load
          ELSE c.load
        END,
        last_beat = greatest(a.last_beat, c.last_beat),
        deadline = c.deadline
          + CASE WHEN c.expired THEN 0 ELSE greatest(0, a.last_beat - c.last_beat) END,
        expired = c.expired,
        revision = CASE WHEN c.ordinal = 0 THEN a.revision ELSE base + c.ordinal END
      FROM unnest(found.places, known) AS c(place)
      WHERE NOT c.gone AND a.ctid = c.place;
    UPDATE rollcall.agents a SET
        agent_name = c.agent_name, host = c.host, port = c.port, ttl_seconds = c.ttl_seconds,
        metadata = c.metadata, metadata_given_as = c.metadata_given_as,
        capabilities = c.capabilities, version = c.version, url = c.url,
        registered_at = c.registered_at, terms = c.terms
      FROM unnest(known) c
      WHERE NOT c.gone AND NOT c.same_profile AND a.agent_id = c.agent_id;
  END IF;
  INSERT INTO rollcall.agents (agent_id, agent_name, host, port, ttl_seconds, metadata,
      metadata_given_as, capabilities, version, url, status, load, registered_at, last_beat,
      deadline, expired, revision, terms)
    SELECT c.agent_id, c.agent_name, c.host, c.port, c.ttl_seconds, c.metadata,
      c.metadata_given_as, c.capabilities, c.version, c.url, c.status, c.load, c.registered_at,
      c.last_beat, c.deadline, c.expired, base + c.ordinal, c.terms
    FROM unnest(new) c WHERE NOT c.gone;
  GET DIAGNOSTICS added = ROW_COUNT;

  DELETE FROM rollcall.checks k
    USING unnest(known) c WHERE k.agent_id = c.agent_id AND (c.gone OR c.expired);
  INSERT INTO rollcall.checks AS k (agent_id, check_at)
    SELECT c.agent_id, c.deadline FROM unnest(known || new) c WHERE NOT c.gone AND NOT c.expired
    ON CONFLICT (agent_id) DO UPDATE SET check_at = excluded.check_at
    WHERE k.check_at > excluded.check_at;
  DELETE FROM rollcall.expired e
    USING unnest(known) c WHERE e.agent_id = c.agent_id AND (c.gone OR NOT c.expired);
  INSERT INTO rollcall.expired (agent_id)
    SELECT c.agent_id FROM unnest(known) c WHERE NOT c.gone AND c.expired;

  INSERT INTO rollcall.transitions (revision, type, agent_id, at, reason, agent, before)
    SELECT base + n.ordinal, n.type, n.agent_id, n.at, n.reason, n.agent, n.before
    FROM ROWS FROM (
      json_to_recordset(p_noted)
        AS (type text, agent_id text, at bigint, reason text, before text),
      string_to_table(p_agents, E'\n')
    ) WITH ORDINALITY AS n(type, agent_id, at, reason, before, agent, ordinal);
  GET DIAGNOSTICS noted_count = ROW_COUNT;
  IF noted_count > 0 THEN
    UPDATE rollcall.registry r SET revision = r.revision + noted_count,
      registered = r.registered + added + wanted.count - found.count,
      expired = r.expired + wanted.expired - found.expired;
    PERFORM pg_notify('rollcall.transitions', (base + noted_count)::text);
  END IF;
END $$;
`
