import { SERVER_LIMITS } from '../../../limits/server-limits.ts'
import type { PostgresDatabase } from '../connections/database.ts'
import { AGENT_COLUMNS, type AgentRow, toLease } from '../rows.ts'
import { wordsOf } from './search-terms.ts'

/** Milliseconds between two updates of the index. */
export const INDEX_INTERVAL_MS = 250

/** Transitions whose agents are read per batch. */
const BATCH_SIZE = 1000
/** Not the read connections: long lists must not delay it. */
const WRITES = { lane: 'writes' } as const

// Read first: all changes up to this revision are visible to the next statement.
const NEWEST = {
  name: 'words_newest',
  text: 'SELECT r.revision, i.revision AS indexed FROM rollcall.registry r, rollcall.indexing i',
}
// In the order of their last change, so that indexing can stop anywhere: an agent that changes later comes
// up again.
const CHANGED_AGENTS = {
  name: 'words_news',
  text: `SELECT t.up_to, ${AGENT_COLUMNS} FROM (
      SELECT t.agent_id, max(t.revision) AS up_to FROM rollcall.transitions t
      WHERE t.revision > $1 AND t.revision <= $2 AND t.type <> 'expired' GROUP BY t.agent_id
    ) t JOIN rollcall.agents a USING (agent_id) ORDER BY t.up_to`,
}
const INDEX = {
  name: 'words_index',
  text: `WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)), gone AS (
      DELETE FROM rollcall.words w USING rollcall.transitions t
      WHERE t.revision > $3 AND t.revision <= $4 AND t.type IN ('removed', 'deregistered')
        AND w.agent_id = t.agent_id
        AND NOT EXISTS (SELECT FROM rollcall.agents a WHERE a.agent_id = t.agent_id)
    ), indexed AS (
      INSERT INTO rollcall.words AS w (agent_id, words)
        SELECT i.agent_id, i.words FROM unnest($1::text[], $2::text[]) AS i(agent_id, words)
      ON CONFLICT (agent_id) DO UPDATE SET words = excluded.words WHERE w.words <> excluded.words
    )
    UPDATE rollcall.indexing SET revision = $4 FROM quick WHERE revision = $3 RETURNING 1`,
}

/**
 * Maintains the word index asynchronously: updating it in the commits doubled their duration. Until an agent
 * is indexed, searches examine the agent itself.
 */
export class WordIndexer {
  readonly #database: PostgresDatabase

  constructor(database: PostgresDatabase) {
    this.#database = database
  }

  /** Indexes some agents. Returns whether there are more. */
  async indexMore(): Promise<boolean> {
    const [known] = await this.#database.read<NewestRow>(NEWEST, [], WRITES)
    if (known === undefined || known.revision === known.indexed) return false
    const from = Number(known.indexed)
    const newest = Number(known.revision)
    const to = Math.min(newest, from + BATCH_SIZE)
    const rows = await this.#database.read<ChangedRow>(CHANGED_AGENTS, [from, to], WRITES)
    const { ids, words, upTo } = collectWords(rows, to)
    await this.#database.write(INDEX, [ids, words, from, upTo])
    return upTo < newest
  }
}

/** Collects the words for one statement, up to a size limit. */
function collectWords(
  rows: readonly ChangedRow[],
  to: number,
): { ids: string[]; words: string[]; upTo: number } {
  const ids: string[] = []
  const words: string[] = []
  let bytes = 0
  for (const [index, row] of rows.entries()) {
    const text = wordsOf(row.agent_id, toLease(row).profile)
    ids.push(row.agent_id)
    words.push(text)
    bytes += Buffer.byteLength(text)
    const isFull = bytes >= SERVER_LIMITS.postgresWordsBytes.value
    if (isFull && index < rows.length - 1) return { ids, words, upTo: Number(row.up_to) }
  }
  return { ids, words, upTo: to }
}

interface NewestRow {
  readonly revision: string
  readonly indexed: string
}

type ChangedRow = AgentRow & {
  /** The agent's last revision in this batch. */
  readonly up_to: string
}
