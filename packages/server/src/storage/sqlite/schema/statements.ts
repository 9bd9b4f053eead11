import type { Database, Statement } from 'better-sqlite3'
import { AGENT_COLUMNS } from './columns.ts'

const AGENT_NAMES = AGENT_COLUMNS.join(', ')
const AGENT_PLACEHOLDERS = AGENT_COLUMNS.map(() => '?').join(', ')

/** Writes the row of an agent, whose parameters are in the order of {@link AGENT_COLUMNS}. */
export function prepareUpsertAgent(db: Database): Statement {
  return db.prepare(`INSERT OR REPLACE INTO agents (${AGENT_NAMES}) VALUES (${AGENT_PLACEHOLDERS})`)
}

/** Adds a transition: revision, type, at, reason, actor, state before, and the agent's row. */
export function prepareInsertTransition(db: Database): Statement {
  return db.prepare(
    `INSERT INTO transitions (transition_revision, type, at, reason, actor, before_traits, ${AGENT_NAMES})
     VALUES (?, ?, ?, ?, ?, ?, ${AGENT_PLACEHOLDERS})`,
  )
}
