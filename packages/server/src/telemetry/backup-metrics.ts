import { Counter, Gauge, type Registry } from 'prom-client'
import type { BackupStatistics } from '../domain/backup-source.ts'
import { exposeMetrics } from './exposed-metrics.ts'

/** Exposes the statistics of scheduled backups; undefined until the store is open. */
export function watchBackups(
  registry: Registry,
  statistics: () => BackupStatistics | undefined,
): void {
  exposeMetrics(registry, Gauge, [
    [
      'rollcall_backup_last_success_timestamp_seconds',
      'Unix time of the newest backup; 0 if there is none.',
      () => (statistics()?.lastSuccessMs ?? 0) / 1000,
    ],
    [
      'rollcall_backup_last_duration_seconds',
      'Duration of the last backup since the start.',
      () => (statistics()?.lastDurationMs ?? 0) / 1000,
    ],
  ])
  exposeMetrics(registry, Counter, [
    ['rollcall_backup_failures_total', 'Backups that failed.', () => statistics()?.failures ?? 0],
  ])
}
