import type { AgentSort } from '@rollcall/protocol'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { hrefOf, navigate } from '../app/location.ts'
import { useNow } from '../components/clock.ts'
import { useMedia } from '../components/media.ts'
import { AgentRowView, rowId } from './agent-row.tsx'
import { type ListQuery, listParams } from './list-query.ts'
import { type LiveAgents, type LiveList, MAX_ROWS } from './live-agents.ts'

/** Milliseconds between two reads of the heartbeats of the rows on the screen. */
const REFRESH_MS = 2000
/** Rows before the end at which the next page is read. */
const AHEAD = 40
const ROW_PIXELS = { wide: 44, narrow: 76 }

interface TableProps {
  readonly list: LiveList
  readonly live: LiveAgents
  readonly query: ListQuery
  readonly openId: string | undefined
  readonly onChange: (change: Partial<ListQuery>) => void
}

/** Of the rows, only those on the screen exist. */
export function AgentTable({ list, live, query, openId, onChange }: TableProps) {
  const { rows } = list
  const scroller = useRef<HTMLDivElement>(null)
  const nowMs = useNow()
  const isNarrow = useMedia('(max-width: 760px)')
  const [activeIndex, setActiveIndex] = useState(0)
  const rowPixels = isNarrow ? ROW_PIXELS.narrow : ROW_PIXELS.wide
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowPixels,
    overscan: 6,
  })
  // The height of the rows changes with the width of the page.
  useEffect(() => virtual.measure(), [virtual, rowPixels])
  const shown = virtual.getVirtualItems()
  const lastIndex = shown.at(-1)?.index ?? 0
  useEffect(() => {
    if (lastIndex >= rows.length - AHEAD) void live.loadMore()
  }, [lastIndex, rows.length, live])
  useHeartbeats(live, () => shown.map(({ index }) => rows[index]?.agent.agentId ?? ''))

  const open = (index: number): void => {
    const row = rows[index]
    if (row) navigate(hrefOf('agents', listParams(query), row.agent.agentId))
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, shown.length - 2)
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: activeIndex + 1,
      ArrowUp: activeIndex - 1,
      PageDown: activeIndex + page,
      PageUp: activeIndex - page,
      Home: 0,
      End: rows.length - 1,
    }
    if (event.key === 'Enter') open(activeIndex)
    const target = moves[event.key]
    if (target === undefined) return
    event.preventDefault()
    const index = Math.max(0, Math.min(rows.length - 1, target))
    setActiveIndex(index)
    virtual.scrollToIndex(index)
  }
  const active = rows[activeIndex]
  return (
    <div className="table">
      {/* biome-ignore lint/a11y/useSemanticElements: a table element cannot be virtualised */}
      <div
        className="grid"
        role="grid"
        aria-label="Agents"
        aria-rowcount={list.isComplete ? rows.length + 1 : -1}
        aria-busy={list.isLoading}
        tabIndex={0}
        onKeyDown={onKeyDown}
        {...(active && { 'aria-activedescendant': rowId(active.agent.agentId) })}
      >
        <TableHead sort={query.sort} onChange={(sort) => onChange({ sort })} />
        {/* biome-ignore lint/a11y/useSemanticElements: as above */}
        <div className="table-body" role="rowgroup" ref={scroller} tabIndex={-1}>
          <div
            className="table-space"
            role="presentation"
            style={{ height: virtual.getTotalSize() }}
          >
            {shown.map(({ index, start }) => {
              const row = rows[index]
              if (row === undefined) return null
              return (
                <AgentRowView
                  key={row.agent.agentId}
                  row={row}
                  index={index}
                  top={start}
                  nowMs={nowMs}
                  isActive={index === activeIndex}
                  isOpen={row.agent.agentId === openId}
                  onOpen={open}
                />
              )
            })}
          </div>
        </div>
      </div>
      <p className="table-foot muted" role="status">
        {footOf(list)}
      </p>
    </div>
  )
}

function footOf({ rows, isComplete, isLoading }: LiveList): string {
  const count = rows.filter(({ isLeaving }) => !isLeaving).length.toLocaleString('en')
  if (rows.length >= MAX_ROWS) return `The first ${count} agents. Search or filter to see others.`
  if (isComplete) return count === '1' ? '1 agent' : `${count} agents`
  return isLoading ? 'Reading…' : `The first ${count} agents; more as you scroll`
}

/** Columns with an order, by which a click sorts; a second click reverses it. */
const COLUMNS: readonly { name: string; className: string; sorts?: readonly AgentSort[] }[] = [
  { name: 'Status', className: 'cell-status' },
  { name: 'Agent', className: 'cell-agent', sorts: ['agent_id'] },
  { name: 'Endpoint', className: 'cell-endpoint' },
  { name: 'Capabilities', className: 'cell-capabilities' },
  { name: 'Heartbeat', className: 'cell-lease', sorts: ['last_heartbeat', '-last_heartbeat'] },
  { name: 'Load', className: 'cell-load', sorts: ['-load', 'load'] },
  { name: 'Version', className: 'cell-version' },
  { name: 'Protocol', className: 'cell-protocol' },
]

function TableHead({ sort, onChange }: { sort: AgentSort; onChange: (sort: AgentSort) => void }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: as above
    <div className="table-head" role="rowgroup">
      {/* biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above */}
      <div className="row" role="row">
        {COLUMNS.map(({ name, className, sorts = [] }) => {
          const at = sorts.indexOf(sort)
          const next = sorts[(at + 1) % sorts.length]
          const isDown = sort.startsWith('-')
          return (
            // biome-ignore lint/a11y/useSemanticElements lint/a11y/useFocusableInteractive: as above
            <div
              key={name}
              role="columnheader"
              className={`cell ${className}`}
              {...(at !== -1 && { 'aria-sort': isDown ? 'descending' : 'ascending' })}
            >
              {next === undefined ? (
                name
              ) : (
                <button type="button" className="sort" onClick={() => onChange(next)}>
                  {name}
                  <span aria-hidden="true">{at === -1 ? '' : isDown ? ' ↓' : ' ↑'}</span>
                </button>
              )}
            </div>
          )
        })}
      </div>
    </div>
  )
}

function useHeartbeats(live: LiveAgents, visibleIds: () => string[]): void {
  const ids = useRef(visibleIds)
  useEffect(() => {
    ids.current = visibleIds
  })
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) void live.refresh(ids.current().filter((id) => id !== ''))
    }, REFRESH_MS)
    return () => clearInterval(timer)
  }, [live])
}
