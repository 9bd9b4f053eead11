import { type BrakeState, brakeReason } from '../../../domain/expiry-brake.ts'
import { leaseTime } from '../../../domain/time-scales.ts'
import type { Moment } from './database-time.ts'

/** The brake on mass expiry as statements return it; null: it is off. */
export interface BrakeRow {
  readonly brake_since: string | null
  readonly brake_ends_at: string | null
  readonly brake_living: string | null
  readonly brake_late: string | null
}

/** Returns the brake as it is reported; undefined: it is off. */
export function toBrakeState(row: BrakeRow, moment: Moment): BrakeState | undefined {
  if (row.brake_ends_at === null) return undefined
  const toWall = (time: string | null) => moment.deadlineToWall(leaseTime(Number(time)))
  const living = Number(row.brake_living)
  const late = Number(row.brake_late)
  return {
    sinceMs: toWall(row.brake_since),
    endsAtMs: toWall(row.brake_ends_at),
    reason: brakeReason({ living, late }),
  }
}
