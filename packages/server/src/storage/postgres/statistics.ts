import type { StorageStatistics } from '../../domain/agent-registry-repository.ts'
import type { PostgresDatabase } from './connections/database.ts'
import type { PostgresHeartbeats } from './heartbeats/heartbeats.ts'
import type { Sweeper } from './nodes/sweeper.ts'
import type { TransitionWriter } from './transitions/transition-writer.ts'

/** Returns what a node has done since it was opened. */
export function statisticsOf(node: {
  database: PostgresDatabase
  sweeper: Sweeper
  transitions: TransitionWriter
  heartbeats: PostgresHeartbeats
  changes: { readonly coalesced: number }
}): StorageStatistics {
  const { database, sweeper, transitions, heartbeats, changes } = node
  return {
    commits: transitions.count + sweeper.sweeps,
    failures: database.failures,
    savedHeartbeats: heartbeats.saved,
    unsavedHeartbeats: heartbeats.waiting,
    coalescedChanges: changes.coalesced,
    stalledMs: database.stalledMs,
    unindexedAgents: 0,
    brake: sweeper.brake,
    connections: database.connections,
  }
}
