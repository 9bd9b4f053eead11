import type { AgentEvent } from '@rollcall/client'
import { memo } from 'react'
import { hrefOf } from '../app/location.ts'
import { Time } from '../components/time.tsx'

interface RowProps {
  readonly event: AgentEvent
  readonly nowMs: number
  /** Where the line is: a CSS length. Lines are placed, so that new ones above them do not shift the layout. */
  readonly top: string
}

function PlainRow({ event, nowMs, top }: RowProps) {
  const { type, agentId, at, reason, actor } = event
  return (
    <li className={`event event-${type}`} style={{ transform: `translateY(${top})` }}>
      <Time date={at} nowMs={nowMs} />
      <span className="event-type">{type}</span>
      <a className="mono" title={agentId} href={hrefOf('agents', {}, agentId)}>
        {agentId}
      </a>
      <span className="event-reason" title={actor === null ? reason : `${reason} — ${actor}`}>
        {reason}
        {actor !== null && <span className="event-actor muted"> — {actor}</span>}
      </span>
    </li>
  )
}

/** A change in a line. */
export const EventRow = memo(PlainRow)
