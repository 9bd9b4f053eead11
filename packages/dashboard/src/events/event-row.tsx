import type { AgentEvent } from '@rollcall/client'
import { memo } from 'react'
import { hrefOf } from '../app/location.ts'
import { formatTime } from '../components/durations.ts'

interface RowProps {
  readonly event: AgentEvent
  readonly nowMs: number
  /** Where the line is in a list whose lines are placed. */
  readonly top?: number
}

function PlainRow({ event, nowMs, top }: RowProps) {
  const { type, agentId, at, reason, actor } = event
  return (
    <li
      className={`event event-${type}`}
      {...(top !== undefined && { style: { transform: `translateY(${top}px)` } })}
    >
      <time className="number" dateTime={at.toISOString()}>
        {formatTime(at, nowMs)}
      </time>
      <span className="event-type">{type}</span>
      <a className="mono" href={hrefOf('agents', {}, agentId)}>
        {agentId}
      </a>
      <span className="event-reason" title={reason}>
        {reason}
        {actor !== null && <span className="muted"> — {actor}</span>}
      </span>
    </li>
  )
}

/** A change in a line. */
export const EventRow = memo(PlainRow)
