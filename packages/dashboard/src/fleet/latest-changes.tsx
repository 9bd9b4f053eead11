import { hrefOf } from '../app/location.ts'
import { useNow } from '../components/clock.ts'
import { EventRow } from '../events/event-row.tsx'
import { MissedNotice } from '../events/missed-notice.tsx'
import { useEventLog } from '../events/use-event-log.ts'

const SHOWN = 60

/** What has changed, as it happens. */
export function LatestChanges() {
  const { events, missed } = useEventLog({ includeDead: true }, SHOWN)
  const nowMs = useNow(60_000)
  return (
    <section className="panel latest" aria-labelledby="latest-title">
      <header className="section-head">
        <h2 id="latest-title">Latest changes</h2>
        <a href={hrefOf('events')}>All events</a>
      </header>
      <MissedNotice missed={missed} />
      {events?.length === 0 && <p className="muted">Nothing has changed yet.</p>}
      <ol className="event-list">
        {events?.map((event, index) => (
          <EventRow
            key={event.revision}
            event={event}
            nowMs={nowMs}
            top={`calc(${index} * var(--line-height))`}
          />
        ))}
      </ol>
    </section>
  )
}
