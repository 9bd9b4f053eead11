import { formatTime } from './durations.ts'

/** A time as the user's clock shows it; under the pointer, as logs have it: RFC 3339, in UTC. */
export function Time({ date, nowMs }: { date: Date; nowMs: number }) {
  const inUtc = date.toISOString()
  return (
    <time className="number" dateTime={inUtc} title={inUtc}>
      {formatTime(date, nowMs)}
    </time>
  )
}
