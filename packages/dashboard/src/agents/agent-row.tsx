import type { Agent } from '@rollcall/client'
import { memo } from 'react'
import { formatDuration } from '../components/durations.ts'
import { LeaseRing } from '../components/lease-ring.tsx'
import { StatusBadge } from '../components/status-badge.tsx'
import type { AgentRow } from './agent-rows.ts'

/** Capabilities in a row; the others are counted. */
const CHIPS = 3

interface RowProps {
  readonly row: AgentRow
  readonly index: number
  readonly top: number
  readonly nowMs: number
  /** Whether it says how long the lease still runs, instead of how long ago the last heartbeat was. */
  readonly isByDeadline: boolean
  readonly isActive: boolean
  readonly isOpen: boolean
  readonly onOpen: (agentId: string) => void
}

/** The id of the element of a row, for those who do not see which one is active. */
export function rowId(agentId: string): string {
  return `row-${agentId}`
}

function PlainRow(props: RowProps) {
  const { row, index, top, nowMs, isByDeadline, isActive, isOpen, onOpen } = props
  const { agent, isLeaving } = row
  const classes = ['row', isActive && 'active', isOpen && 'open', isLeaving && 'leaving']
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the grid has the focus and the keys
    <div
      id={rowId(agent.agentId)}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={isOpen}
      className={classes.filter(Boolean).join(' ')}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => onOpen(agent.agentId)}
    >
      <Cell name="status">
        <StatusBadge status={agent.status} />
      </Cell>
      <Cell name="agent">
        <strong className="mono" title={agent.agentId}>
          {agent.agentId}
        </strong>
        <span className="name muted" title={agent.agentName}>
          {agent.agentName}
        </span>
      </Cell>
      <Cell name="endpoint">
        <span className="endpoint mono" title={`${agent.host}:${agent.port}`}>
          <span>{agent.host}</span>:{agent.port}
        </span>
      </Cell>
      <Cell name="capabilities">
        <span className="row-tags">
          {agent.capabilities.slice(0, CHIPS).map((capability) => (
            <span className="tag" key={capability}>
              {capability}
            </span>
          ))}
        </span>
        {agent.capabilities.length > CHIPS && (
          <span className="muted">+{agent.capabilities.length - CHIPS}</span>
        )}
      </Cell>
      <Cell name="lease">
        <LeaseRing left={shareLeft(agent, nowMs)} />
        <span className="number">
          {isByDeadline
            ? deadlineText(agent, nowMs)
            : formatDuration(nowMs - agent.lastHeartbeat.getTime())}
        </span>
      </Cell>
      <Cell name="load">
        <LoadBar load={agent.load} />
      </Cell>
      <Cell name="version">{agent.version ?? ''}</Cell>
      <Cell name="protocol">{agent.protocol ?? ''}</Cell>
    </div>
  )
}

export const AgentRowView = memo(PlainRow)

/** Share of the lease that is left, 0 to 1. */
export function shareLeft({ expiresAt, ttlSeconds, isAlive }: Agent, nowMs: number): number {
  return isAlive ? (expiresAt.getTime() - nowMs) / (ttlSeconds * 1000) : 0
}

/** When a lease lapses or has lapsed, seen from now. */
export function deadlineText(
  { expiresAt, isAlive }: Pick<Agent, 'expiresAt' | 'isAlive'>,
  nowMs: number,
): string {
  const leftMs = expiresAt.getTime() - nowMs
  // The page's estimate of the registry's clock may be a moment behind.
  const isLeft = isAlive && leftMs > 0
  return isLeft ? `${formatDuration(leftMs)} left` : `${formatDuration(-leftMs)} ago`
}

function Cell({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as the row
    <div role="gridcell" className={`cell cell-${name}`}>
      {children}
    </div>
  )
}

function LoadBar({ load }: { load: number | null }) {
  if (load === null) return <span className="muted">–</span>
  return (
    <>
      <span className="bar" aria-hidden="true">
        <span style={{ width: `${load * 100}%` }} />
      </span>
      <span className="number">{Math.round(load * 100)}%</span>
    </>
  )
}
