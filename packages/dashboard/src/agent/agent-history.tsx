import type { AgentEvent } from '@rollcall/client'
import { useState } from 'react'
import { useNow } from '../components/clock.ts'
import { Time } from '../components/time.tsx'

/** Changes that are shown at first. */
const SHOWN = 4

/** When and why the agent has changed, newest first. */
export function AgentHistory({ events }: { events: readonly AgentEvent[] }) {
  const nowMs = useNow(60_000)
  const [isWhole, setIsWhole] = useState(false)
  const newest = events.toReversed()
  return (
    <section aria-labelledby="history-title">
      <h3 id="history-title">History</h3>
      {events.length === 0 && <p className="muted">The history no longer has a change of it.</p>}
      <ol className="timeline">
        {(isWhole ? newest : newest.slice(0, SHOWN)).map(
          ({ revision, type, at, reason, actor }) => (
            <li key={revision} className={`event-${type}`}>
              <Time date={at} nowMs={nowMs} />
              <span className="event-type">{type}</span>
              <p>
                {reason}
                {actor !== null && <span className="muted"> — {actor}</span>}
              </p>
            </li>
          ),
        )}
      </ol>
      {events.length > SHOWN && !isWhole && (
        <button type="button" className="button small" onClick={() => setIsWhole(true)}>
          All {events.length} changes
        </button>
      )}
    </section>
  )
}
