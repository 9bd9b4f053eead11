import type { PostgresDatabase } from '../connections/database.ts'
import { COMPLETION_INTERVAL_MS, type PostgresMaintenance } from '../maintenance/maintenance.ts'
import { INDEX_INTERVAL_MS, WordIndexer } from '../reads/word-indexer.ts'
import type { PostgresHistory } from '../transitions/history.ts'
import { PeriodicTasks } from './periodic-tasks.ts'

/** Milliseconds between two trims of the history. */
const TRIM_INTERVAL_MS = 5000

/** Creates the work that a node does from time to time. */
export function nodeTasks(
  database: PostgresDatabase,
  { history, maintenance }: { history: PostgresHistory; maintenance: PostgresMaintenance },
): PeriodicTasks {
  const words = new WordIndexer(database)
  return new PeriodicTasks([
    { everyMs: TRIM_INTERVAL_MS, work: () => history.trim() },
    { everyMs: INDEX_INTERVAL_MS, work: () => words.indexMore() },
    { everyMs: COMPLETION_INTERVAL_MS, work: () => maintenance.completeChanges() },
  ])
}
