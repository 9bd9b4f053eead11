/**
 * Commits the changes that a node has worked out, if the agents are still as the node has read them; else
 * changes nothing and sets `is_stale`. Commits run one after the other, so revisions become visible in
 * order: a reader of those after n never misses one. No lock is held while a node works its changes out,
 * so a node that stops in the middle of it delays no other.
 *
 * p_changes: one `rollcall.change` for each agent. p_transitions: one object for each transition, in order.
 * p_agents: the agent of each transition as JSON, one on a line. base: the revision before them. branch: the
 * branch that they are in; see `branches.ts`.
 * p_maintenance_version: of the entries of maintenance that the changes were worked out from; null: none.
 */
const COMMIT_CHANGES = String.raw`
CREATE OR REPLACE FUNCTION rollcall.commit_changes(
  p_changes json, p_transitions json, p_agents text, p_maintenance_version uuid DEFAULT NULL,
  OUT base bigint, OUT branch text, OUT is_stale boolean
) LANGUAGE plpgsql AS $$
DECLARE
  -- Changes of agents that the node has read, and of agents that were not there.
  present rollcall.change[];
  new rollcall.change[];
  -- Those agents as the node has read them, and as they are.
  planned record;
  stored record;
  has_cards boolean;
  added integer;
  transition_count integer;
BEGIN
  -- In the order of the ids, in which every function locks.
  SELECT
      array_agg(c ORDER BY c.agent_id COLLATE "C") FILTER (WHERE c.before IS NOT NULL),
      array_agg(c ORDER BY c.agent_id COLLATE "C") FILTER (WHERE c.before IS NULL),
      bool_or(c.is_card_changed)
    INTO present, new, has_cards FROM json_populate_recordset(NULL::rollcall.change, p_changes) c;
  SELECT
      array_agg(c.agent_id) AS ids,
      array_agg(c.before) AS revisions,
      array_agg(c.lapsed_at) AS lapsed_at,
      count(*) FILTER (WHERE NOT c.gone) AS count,
      count(*) FILTER (WHERE NOT c.gone AND c.expired) AS expired
    INTO planned FROM unnest(present) c;
  -- From here on one commit after the other, so that revisions become visible in order.
  SELECT h.base, h.branch INTO base, branch FROM rollcall.lock_history() h;
  SELECT
      array_agg(a.agent_id) AS ids,
      array_agg(a.ctid) AS places,
      array_agg(a.revision) AS revisions,
      array_agg(a.deadline) AS deadlines,
      count(*) AS count,
      count(*) FILTER (WHERE a.expired) AS expired
    INTO stored FROM (
      SELECT a.ctid, a.* FROM rollcall.agents a
      WHERE a.agent_id = ANY (ARRAY(SELECT c.agent_id FROM unnest(present || new) c))
      ORDER BY a.agent_id FOR NO KEY UPDATE
    ) a;
  is_stale := planned.ids IS DISTINCT FROM stored.ids
    OR planned.revisions IS DISTINCT FROM stored.revisions
    OR EXISTS (
      SELECT FROM unnest(planned.lapsed_at, stored.deadlines) d(lapsed_at, deadline)
      WHERE d.lapsed_at <> d.deadline
    )
    OR coalesce(
      p_maintenance_version <> (SELECT version FROM rollcall.maintenance_version), false
    );
  IF is_stale THEN RETURN; END IF;

  -- Agents that are there, by their place: they are locked, so they stay where they are.
  IF stored.count > 0 THEN
    DELETE FROM rollcall.agents a
      USING unnest(stored.places, present) AS c(place)
      WHERE c.gone AND a.ctid = c.place;
    -- A heartbeat that came after the node read the agent counts.
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
        -- Nodes of the version before do not know them.
        instance_id = CASE WHEN c.incarnation IS NULL THEN a.instance_id ELSE c.instance_id END,
        incarnation = coalesce(c.incarnation, a.incarnation),
        -- An empty text: to nobody.
        owner = nullif(coalesce(c.owner, a.owner), ''),
        suspect = coalesce(c.suspect, false),
        maintenance = CASE WHEN c.incarnation IS NULL THEN a.maintenance ELSE c.maintenance END,
        updated_at = coalesce(c.updated_at, a.updated_at),
        revision = CASE WHEN c.ordinal = 0 THEN a.revision ELSE base + c.ordinal END
      FROM unnest(stored.places, present) AS c(place)
      WHERE NOT c.gone AND a.ctid = c.place;
    -- A new profile.
    UPDATE rollcall.agents a SET
        agent_name = c.agent_name, host = c.host, port = c.port, ttl_seconds = c.ttl_seconds,
        metadata = c.metadata, metadata_given_as = c.metadata_given_as,
        capabilities = c.capabilities, version = c.version, details = c.details, url = c.url,
        registered_at = c.registered_at, terms = c.terms
      FROM unnest(present) c
      WHERE NOT c.gone AND NOT c.same_profile AND a.agent_id = c.agent_id;
  END IF;
  -- Agents that were not there.
  INSERT INTO rollcall.agents (agent_id, agent_name, host, port, ttl_seconds, metadata,
      metadata_given_as, capabilities, version, details, url, status, load, instance_id, incarnation,
      owner, registered_at, updated_at, last_beat, deadline, expired, suspect,
      maintenance, revision, terms)
    SELECT c.agent_id, c.agent_name, c.host, c.port, c.ttl_seconds, c.metadata,
      c.metadata_given_as, c.capabilities, c.version, c.details, c.url, c.status, c.load,
      c.instance_id, coalesce(c.incarnation, 1), nullif(c.owner, ''), c.registered_at, c.updated_at,
      c.last_beat, c.deadline, c.expired,
      coalesce(c.suspect, false), c.maintenance, base + c.ordinal, c.terms
    FROM unnest(new) c WHERE NOT c.gone;
  GET DIAGNOSTICS added = ROW_COUNT;
  -- Their cards, which few have.
  IF has_cards THEN
    DELETE FROM rollcall.cards k USING unnest(present || new) c
      WHERE c.is_card_changed AND c.card IS NULL AND k.agent_id = c.agent_id;
    INSERT INTO rollcall.cards (agent_id, card)
      SELECT c.agent_id, c.card FROM unnest(present || new) c
      WHERE c.is_card_changed AND c.card IS NOT NULL
      ON CONFLICT (agent_id) DO UPDATE SET card = excluded.card;
  END IF;

  -- When the sweep is to look at each: never later than its deadline.
  DELETE FROM rollcall.checks k
    USING unnest(present) c WHERE k.agent_id = c.agent_id AND (c.gone OR c.expired);
  INSERT INTO rollcall.checks AS k (agent_id, check_at)
    SELECT c.agent_id, c.deadline FROM unnest(present || new) c WHERE NOT c.gone AND NOT c.expired
    ON CONFLICT (agent_id) DO UPDATE SET check_at = excluded.check_at
    WHERE k.check_at > excluded.check_at;
  -- The list of the expired, for the cleanup.
  DELETE FROM rollcall.expired e
    USING unnest(present) c WHERE e.agent_id = c.agent_id AND (c.gone OR NOT c.expired);
  INSERT INTO rollcall.expired (agent_id)
    SELECT c.agent_id FROM unnest(present) c WHERE NOT c.gone AND c.expired
    -- Of an expired agent, the maintenance may change.
    ON CONFLICT DO NOTHING;

  -- The history.
  INSERT INTO rollcall.transitions (revision, type, agent_id, at, reason, actor, agent, before)
    SELECT base + n.ordinal, n.type, n.agent_id, n.at, n.reason, n.actor, n.agent, n.before
    FROM ROWS FROM (
      json_to_recordset(p_transitions)
        AS (type text, agent_id text, at bigint, reason text, actor text, before text),
      string_to_table(p_agents, E'\n')
    ) WITH ORDINALITY AS n(type, agent_id, at, reason, actor, before, agent, ordinal);
  GET DIAGNOSTICS transition_count = ROW_COUNT;
  -- The position of the registry.
  IF transition_count > 0 THEN
    branch := coalesce(branch, rollcall.begin_branch(base));
    UPDATE rollcall.registry r SET revision = r.revision + transition_count,
      branch = commit_changes.branch, written_by = pg_current_xact_id()::xid,
      server_started_at = pg_postmaster_start_time(),
      registered = r.registered + added + planned.count - stored.count,
      expired = r.expired + planned.expired - stored.expired;
    PERFORM pg_notify('rollcall.transitions', (base + transition_count)::text);
  END IF;
END $$;
`

/** For running nodes of version 4. */
const COMMIT = `
CREATE OR REPLACE FUNCTION rollcall.commit(
  p_changes json, p_transitions json, p_agents text, OUT base bigint, OUT is_stale boolean
) LANGUAGE sql AS $$
  SELECT c.base, c.is_stale FROM rollcall.commit_changes(p_changes, p_transitions, p_agents) c
$$;
`

export const COMMIT_FUNCTIONS = [COMMIT_CHANGES, COMMIT]
