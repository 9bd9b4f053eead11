import type { Clock } from '../../domain/clock.ts'
import type { BrakeOptions } from '../../domain/expiry-brake.ts'
import type { HistoryLimits } from '../history-limit.ts'

/** Options of a PostgreSQL store. */
export interface PostgresRepositoryOptions extends HistoryLimits, BrakeOptions {
  /** The schema of the registry; default `rollcall`. It is created if it does not exist. */
  readonly schema?: string | undefined
  /** Minimum seconds that a live lease has left when the first node starts; default 30. */
  readonly restartGraceSeconds?: number | undefined
  /** Default: the clock of the database. An injected clock must be the same for all nodes. */
  readonly clock?: Clock | undefined
}
