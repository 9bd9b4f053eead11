import { Counter, Gauge, type Registry } from 'prom-client'
import type {
  AgentRegistryRepository,
  StorageStatistics,
} from '../domain/agent-registry-repository.ts'
import { exposeGauges } from './exposed-figures.ts'

/** Exposes what a store does, and how it is. */
export function watchStorage(registry: Registry, repository: AgentRegistryRepository): void {
  const now = () => repository.statistics()
  exposeGauges(registry, Counter, [
    ['rollcall_storage_commits_total', 'Group commits of transitions.', () => now().commits],
    ['rollcall_storage_failures_total', 'Writes that failed.', () => now().failures],
    [
      'rollcall_storage_heartbeats_total',
      'Heartbeats written behind.',
      () => now().savedHeartbeats,
    ],
    [
      'rollcall_storage_coalesced_changes_total',
      'Changes not recorded, because their agent changes too often, and a newer one was.',
      () => now().coalescedChanges ?? 0,
    ],
    [
      'rollcall_lease_stall_seconds_total',
      'Time by which leases were extended, because no node was listening.',
      () => now().stalledMs / 1000,
    ],
  ])
  exposeGauges(registry, Gauge, [
    [
      'rollcall_storage_unsaved_heartbeats',
      'Heartbeats that wait to be written.',
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
  exposeGauges(registry, Gauge, [
    [
      'rollcall_storage_wal_bytes',
      'Size of the write-ahead log; it grows while another program reads an old state.',
      () => now().walBytes ?? 0,
    ],
  ])
}

function watchConnections(registry: Registry, now: () => StorageStatistics): void {
  if (now().connections === undefined) return
  exposeGauges(registry, Gauge, [
    [
      'rollcall_storage_connections_used',
      'Connections to the database that run a statement.',
      () => now().connections?.used ?? 0,
    ],
    [
      'rollcall_storage_statements_waiting',
      'Statements that wait for a connection to the database.',
      () => now().connections?.waiting ?? 0,
    ],
  ])
  exposeGauges(registry, Counter, [
    [
      'rollcall_storage_statements_cancelled_total',
      'Statements cancelled at the database: they took too long, or were abandoned.',
      () => now().connections?.cancelled ?? 0,
    ],
  ])
}
