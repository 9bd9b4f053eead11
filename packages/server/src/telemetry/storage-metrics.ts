import { Counter, Gauge, type Registry } from 'prom-client'
import type { AgentRegistryRepository } from '../domain/agent-registry-repository.ts'
import type { StorageStatistics } from '../domain/storage-statistics.ts'
import { exposeMetrics } from './exposed-metrics.ts'

/** Exposes the activity and the state of a store. */
export function watchStorage(registry: Registry, repository: AgentRegistryRepository): void {
  const now = () => repository.statistics()
  exposeMetrics(registry, Counter, [
    ['rollcall_storage_commits_total', 'Group commits of transitions.', () => now().commits],
    ['rollcall_storage_failures_total', 'Writes that failed.', () => now().failures],
    [
      'rollcall_storage_heartbeats_total',
      'Heartbeats written in the background.',
      () => now().savedHeartbeats,
    ],
    [
      'rollcall_storage_coalesced_changes_total',
      'Changes replaced by a newer one before being recorded, because their agent changes too often.',
      () => now().coalescedChanges ?? 0,
    ],
    [
      'rollcall_lease_stall_seconds_total',
      'Time by which leases were extended, because no node was listening.',
      () => now().stalledMs / 1000,
    ],
  ])
  exposeMetrics(registry, Gauge, [
    [
      'rollcall_storage_unsaved_heartbeats',
      'Heartbeats waiting to be written.',
      () => now().unsavedHeartbeats,
    ],
    [
      'rollcall_storage_unindexed_agents',
      'Agents that are not in the indexes yet.',
      () => now().unindexedAgents,
    ],
  ])
  watchLog(registry, now)
  watchConnections(registry, now)
}

function watchLog(registry: Registry, now: () => StorageStatistics): void {
  if (now().walBytes === undefined) return
  exposeMetrics(registry, Gauge, [
    [
      'rollcall_storage_wal_bytes',
      'Size of the write-ahead log; it grows while another program reads an old snapshot.',
      () => now().walBytes ?? 0,
    ],
  ])
}

function watchConnections(registry: Registry, now: () => StorageStatistics): void {
  if (now().connections === undefined) return
  exposeMetrics(registry, Gauge, [
    [
      'rollcall_storage_connections_used',
      'Connections to the database that are running a statement.',
      () => now().connections?.used ?? 0,
    ],
    [
      'rollcall_storage_statements_waiting',
      'Statements waiting for a connection to the database.',
      () => now().connections?.waiting ?? 0,
    ],
  ])
  exposeMetrics(registry, Counter, [
    [
      'rollcall_storage_statements_cancelled_total',
      'Statements cancelled in the database: they took too long, or were abandoned.',
      () => now().connections?.cancelled ?? 0,
    ],
  ])
}
