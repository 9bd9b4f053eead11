import type { AgentEvent } from '@rollcall/client'
import { useNow } from '../components/clock.ts'
import { formatTime } from '../components/durations.ts'

/** When and why the agent has changed, newest first. */
export function AgentHistory({ events }: { events: readonly AgentEvent[] }) {
  const nowMs = useNow(60_000)
  return (
    <section aria-labelledby="history-title">
      <h3 id="history-title">History</h3>
      {events.length === 0 && <p className="muted">The history no longer has a change of it.</p>}
      <ol className="timeline">
        {events.toReversed().map(({ revision, type, at, reason, actor }) => (
          <li key={revision} className={`event-${type}`}>
            <time dateTime={at.toISOString()}>{formatTime(at, nowMs)}</time>
            <span className="event-type">{type}</span>
            <p>
              {reason}
              {actor !== null && <span className="muted"> — {actor}</span>}
            </p>
          </li>
        ))}
      </ol>
    </section>
  )
}
