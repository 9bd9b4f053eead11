import type { AgentEvent } from '@rollcall/client'
import { useState } from 'react'
import { listParams, parseListQuery, toFilter } from '../agents/list-query.ts'
import { hrefOf, type Location, navigate } from '../app/location.ts'
import { TypedText } from '../components/typed-text.tsx'
import { EventList } from './event-list.tsx'
import { MissedNotice } from './missed-notice.tsx'
import { useEventLog } from './use-event-log.ts'

/** The changes that an agent can go through, as the feed names them. */
const TYPES = ['registered', 'updated', 'revived', 'replaced', 'expired', 'removed', 'deregistered']
/** Changes that are kept. */
const LIMIT = 1000

/** The change feed as it comes. */
export function EventsView({ location }: { location: Location }) {
  const query = parseListQuery(location.params)
  const types = location.params.getAll('type').filter((type) => TYPES.includes(type))
  const { events: live, missed } = useEventLog({ ...toFilter(query), includeDead: true }, LIMIT)
  const [paused, setPaused] = useState<readonly AgentEvent[]>()
  const change = (params: URLSearchParams, chosen: readonly string[]): void => {
    for (const type of chosen) params.append('type', type)
    navigate(hrefOf('events', params), { replace: true })
  }
  const pause = (): void => setPaused((before) => before ?? live ?? [])
  const all = paused ?? live
  const matching = all?.filter(({ type }) => types.length === 0 || types.includes(type)) ?? []
  const waiting = paused && live ? newerThan(live, paused[0]?.revision ?? 0) : 0
  return (
    <main className="events" id="content">
      <h1 className="visually-hidden">Events</h1>
      <search className="filters">
        <TypedText
          className="search"
          label="Search"
          placeholder="Changes of agents with these words"
          hint="/"
          value={query.q}
          onChange={(q) => change(listParams({ ...query, q }), types)}
        />
        <TypedText
          label="Id begins with"
          placeholder="id prefix"
          value={query.prefix}
          onChange={(prefix) => change(listParams({ ...query, prefix }), types)}
        />
        <button
          type="button"
          className="button"
          aria-pressed={paused !== undefined}
          onClick={() => (paused === undefined ? pause() : setPaused(undefined))}
        >
          {paused === undefined ? 'Pause' : `Resume${waiting > 0 ? ` (${waiting} new)` : ''}`}
        </button>
        <fieldset className="chips">
          <legend className="visually-hidden">Kind of change</legend>
          {TYPES.map((type) => (
            <button
              key={type}
              type="button"
              className={`chip event-${type}`}
              aria-pressed={types.includes(type)}
              onClick={() => change(listParams(query), toggled(types, type))}
            >
              {type}
            </button>
          ))}
        </fieldset>
      </search>
      <MissedNotice missed={missed} />
      {all === undefined && <p className="muted">Reading…</p>}
      {all !== undefined && matching.length === 0 && (
        <section className="empty">
          <h2>No changes</h2>
          <p className="muted">
            Registrations, status changes, expiries and removals appear here. Heartbeats are not
            changes.
          </p>
        </section>
      )}
      {matching.length > 0 && (
        <EventList events={matching} isPaused={paused !== undefined} onScroll={pause} />
      )}
    </main>
  )
}

function toggled(types: readonly string[], type: string): string[] {
  const others = types.filter((other) => other !== type)
  return types.includes(type) ? others : [...others, type]
}

function newerThan(events: readonly AgentEvent[], revision: number): number {
  const at = events.findIndex((event) => event.revision <= revision)
  return at === -1 ? events.length : at
}
