import type { SweepOptions, SweepResult } from '../../domain/agent-registry-repository.ts'
import { SharedRead } from '../../scheduling/shared-read.ts'
import type { HistoryLimits } from '../history-limit.ts'
import type { PostgresDatabase } from './connections/database.ts'
import { PostgresNotifications } from './connections/notifications.ts'
import { WriteProbe } from './connections/write-probe.ts'
import { PostgresHeartbeats, pacedChanges } from './heartbeats/heartbeats.ts'
import { LoadExchange } from './heartbeats/load-exchange.ts'
import { ChangeCompletion } from './maintenance/change-completion.ts'
import { EntriesCache } from './maintenance/entries-cache.ts'
import { PostgresMaintenance } from './maintenance/maintenance.ts'
import { ExpiredCleanup } from './nodes/expired-cleanup.ts'
import { settleSweep } from './nodes/held-agents.ts'
import { NodeLiveness } from './nodes/node-liveness.ts'
import { PeriodicTasks } from './nodes/periodic-tasks.ts'
import { Sweeper } from './nodes/sweeper.ts'
import { countAgents } from './reads/agent-reads.ts'
import { PostgresCapabilityCounts } from './reads/capability-counts.ts'
import { PostgresStatusCounts } from './reads/status-count-cache.ts'
import { INDEX_INTERVAL_MS, WordIndexer } from './reads/word-indexer.ts'
import type { HistoryWithBranches } from './transitions/branch-line.ts'
import { PostgresHistory } from './transitions/history.ts'
import { TransitionFollower } from './transitions/transition-follower.ts'
import { TransitionWriter } from './transitions/transition-writer.ts'

/** Milliseconds between two trims of the history. */
const TRIM_INTERVAL_MS = 5000
/** Milliseconds between two looks for changes of maintenance that a node did not finish. */
const COMPLETION_INTERVAL_MS = 1000

/** The parts of a repository in PostgreSQL. */
export type PostgresRepositoryParts = ReturnType<typeof createRepositoryParts>

/**
 * Puts the parts of one node together.
 *
 * @param options.history where the history stands at its start
 * @param options.node its random name
 */
export function createRepositoryParts(options: {
  database: PostgresDatabase
  history: HistoryWithBranches
  node: string
  limits: HistoryLimits
}) {
  const { database, node, limits } = options
  const notifications = new PostgresNotifications(database)
  const follower = new TransitionFollower({ database, notifications, from: options.history })
  const loads = new LoadExchange({ database, notifications, node })
  const probe = new WriteProbe(database)
  const entries = new EntriesCache(database)
  const transitions = new TransitionWriter({ database, entries, listener: follower, probe })
  const changes = pacedChanges(transitions, limits)
  const history = new PostgresHistory(database, follower, limits)
  const maintenance = new PostgresMaintenance({ database, entries, transitions })
  const completion = new ChangeCompletion({ database, entries, transitions })
  const words = new WordIndexer(database)
  const tasks = new PeriodicTasks([
    { everyMs: TRIM_INTERVAL_MS, work: () => history.trim() },
    { everyMs: INDEX_INTERVAL_MS, work: () => words.indexMore() },
    { everyMs: COMPLETION_INTERVAL_MS, work: () => completion.continue() },
  ])
  const liveness = new NodeLiveness(database, node)
  const sweeper = new Sweeper({ database, node, liveness, tasks, probe })
  const sweep = async (sweepOptions: SweepOptions = {}): Promise<SweepResult> =>
    settleSweep(await sweeper.sweep(sweepOptions), { listener: follower, transitions })
  return {
    ...{
      database,
      notifications,
      follower,
      loads,
      probe,
      transitions,
      changes,
      history,
      maintenance,
    },
    ...{ tasks, liveness, sweeper, sweep },
    heartbeats: new PostgresHeartbeats({ ...options, loads, transitions, changes }),
    capabilities: new PostgresCapabilityCounts(database, follower),
    statuses: new PostgresStatusCounts(database, follower),
    cleanup: new ExpiredCleanup({
      database,
      sweep: () => sweep(),
      write: (intents) => transitions.write(intents),
    }),
    counts: new SharedRead(() => countAgents(database, follower)),
  }
}
