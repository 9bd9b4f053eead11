import { useNow } from '../components/clock.ts'
import { formatTime } from '../components/durations.ts'
import type { MissedChanges } from './event-log.ts'

/** Says which changes are not in the list although they were made. */
export function MissedNotice({ missed }: { missed: MissedChanges | undefined }) {
  const nowMs = useNow(60_000)
  if (missed === undefined) return null
  const time = (ms: number) => formatTime(new Date(ms), nowMs)
  return (
    <p className="notice" role="status">
      <strong>Changes were missed</strong> between {time(missed.fromMs)} and {time(missed.toMs)}:
      the registry could not continue where this page was. What is shown of agents is current.
    </p>
  )
}
