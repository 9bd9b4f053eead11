import { BRANCH_LIMIT } from '../../../../domain/branch.ts'

/**
 * Locks the revision counter, and tells whether the history may have forked since the last transition:
 * `branch` is null then, and the next transition begins a branch. It may have forked
 *
 * - when the server was started since: on an older copy of its files, at an earlier point in time, or as a
 *   replica that had not received everything;
 * - when the row was not written by a transition of the registry: it was restored from a dump, copied from
 *   another schema, or replicated.
 *
 * Most starts of a server lose nothing. The new branch then begins where the one before it ended, and all
 * positions in that one remain valid.
 */
const LOCK_HISTORY = `
CREATE OR REPLACE FUNCTION rollcall.lock_history(OUT base bigint, OUT branch text)
LANGUAGE sql AS $$
  SELECT registry.revision, CASE
      WHEN registry.written_by = registry.xmin
        AND registry.server_started_at = pg_postmaster_start_time()
      THEN registry.branch END
  FROM rollcall.registry FOR UPDATE
$$;
`

/** Begins a branch after a revision, and returns its id: 48 random bits. The caller has locked the history. */
const BEGIN_BRANCH = `
CREATE OR REPLACE FUNCTION rollcall.begin_branch(p_revision bigint) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
  newest bigint := coalesce((SELECT max(ordinal) FROM rollcall.branches), 0) + 1;
  -- The first 48 bits of a random UUID are all random.
  begun text := translate(left(encode(uuid_send(gen_random_uuid()), 'base64'), 8), '+/', '-_');
BEGIN
  INSERT INTO rollcall.branches (ordinal, id, began_at) VALUES (newest, begun, p_revision);
  DELETE FROM rollcall.branches WHERE ordinal <= newest - ${BRANCH_LIMIT};
  RETURN begun;
END $$;
`

/**
 * Gives up a branch whose transitions were lost without a trace in the database, as a node has seen: which
 * revisions are lost is not known, so that no position remains valid. Does nothing if the history is in
 * another branch by now, or if the next transition begins one.
 */
const ABANDON_BRANCH = `
CREATE OR REPLACE FUNCTION rollcall.abandon_branch(p_branch text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
  history record;
BEGIN
  SELECT * INTO history FROM rollcall.lock_history();
  IF history.branch IS DISTINCT FROM p_branch THEN RETURN; END IF;
  DELETE FROM rollcall.branches;
  UPDATE rollcall.registry SET branch = rollcall.begin_branch(revision),
    written_by = pg_current_xact_id()::xid;
END $$;
`

export const BRANCH_FUNCTIONS = [LOCK_HISTORY, BEGIN_BRANCH, ABANDON_BRANCH]
