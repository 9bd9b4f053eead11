import type { PostgresDatabase } from './postgres-database.ts'
import { AGENT_COLUMNS, type AgentRow, toLease } from './postgres-rows.ts'
import { wordsOf } from './postgres-terms.ts'

/** Transitions whose agents are taken into the index at once. */
const GROUP = 1000

// First: whatever has a revision up to this one is visible to the statement behind.
const NEWEST = {
  name: 'words_newest',
  text: 'SELECT r.revision, i.revision AS indexed FROM rollcall.registry r, rollcall.indexing i',
}
const NEWS = {
  name: 'words_news',
  text: `SELECT ${AGENT_COLUMNS} FROM (
      SELECT DISTINCT t.agent_id FROM rollcall.transitions t
      WHERE t.revision > $1 AND t.revision <= $2 AND t.type <> 'expired'
    ) t JOIN rollcall.agents a USING (agent_id)`,
}
const INDEX = {
  name: 'words_index',
  text: `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)), gone AS (
      DELETE FROM rollcall.words w USING rollcall.transitions t
      WHERE t.revision > $3 AND t.revision <= $4 AND t.type IN ('removed', 'deregistered')
        AND w.agent_id = t.agent_id
        AND NOT EXISTS (SELECT FROM rollcall.agents a WHERE a.agent_id = t.agent_id)
    ), indexed AS (
      INSERT INTO rollcall.words AS w SELECT * FROM unnest($1::text[], $2::text[])
      ON CONFLICT (agent_id) DO UPDATE SET words = excluded.words WHERE w.words <> excluded.words
    )
    UPDATE rollcall.indexing SET revision = $4 FROM quick WHERE revision = $3 RETURNING 1`,
}

/**
 * The index of words, which follows behind: to keep it in the commits made them twice as long.
 * Until an agent is in it, searches look at the agent itself.
 */
export class WordIndexer {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  /** Takes some agents in. Returns whether there are more. */
  async indexMore(): Promise<boolean> {
    const [known] = await this.#database.read<{ revision: string; indexed: string }>(NEWEST)
    if (known === undefined || known.revision === known.indexed) return false
    const from = Number(known.indexed)
    const to = Math.min(Number(known.revision), from + GROUP)
    const leases = (await this.#database.read<AgentRow>(NEWS, [from, to])).map(toLease)
    await this.#database.write(INDEX, [
      leases.map(({ agentId }) => agentId),
      leases.map(({ agentId, profile }) => wordsOf(agentId, profile)),
      from,
      to,
    ])
    return to < Number(known.revision)
  }
}
