import { useVirtualizer } from '@tanstack/react-virtual'
import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { hrefOf, navigate } from '../app/location.ts'
import { useNow } from '../components/clock.ts'
import { useMedia } from '../components/media.ts'
import { useRegistry } from '../registry/registry-context.tsx'
import { useValue } from '../registry/value-store.ts'
import { AgentRowView, rowId } from './agent-row.tsx'
import { knownCount } from './known-count.ts'
import { isByDeadline, type ListQuery, listParams } from './list-query.ts'
import type { LiveAgents, LiveList } from './live-agents.ts'
import { TableHead } from './table-head.tsx'

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
  const { samples } = useValue(useRegistry().pulse.pulse)
  const scroller = useRef<HTMLDivElement>(null)
  const nowMs = useNow()
  const isNarrow = useMedia('(max-width: 760px)')
  const [activeIndex, setActive] = useActiveRow(rows)
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

  const open = (agentId: string): void => navigate(hrefOf('agents', listParams(query), agentId))
  const active = rows[activeIndex]
  const onKeyDown = (event: KeyboardEvent): void => {
    live.hold()
    const page = Math.max(1, shown.length - 2)
    const moves: Readonly<Record<string, number>> = {
      ArrowDown: activeIndex + 1,
      ArrowUp: activeIndex - 1,
      PageDown: activeIndex + page,
      PageUp: activeIndex - page,
      Home: 0,
      End: rows.length - 1,
    }
    if (event.key === 'Enter' && active) open(active.agent.agentId)
    const target = moves[event.key]
    if (target === undefined) return
    event.preventDefault()
    const index = Math.max(0, Math.min(rows.length - 1, target))
    setActive(index)
    virtual.scrollToIndex(index)
  }
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
        <div
          className="table-body"
          role="rowgroup"
          ref={scroller}
          tabIndex={-1}
          onPointerMove={() => live.hold()}
        >
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
                  isByDeadline={isByDeadline(query.sort)}
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
        {footOf(list, knownCount(query, samples.at(-1)?.agents))}
      </p>
    </div>
  )
}

/** Returns the place of the row that the keys have reached, which follows its agent, and sets it. */
function useActiveRow(rows: LiveList['rows']): [index: number, set: (index: number) => void] {
  const [active, setActive] = useState<{ agentId: string | undefined; index: number }>({
    agentId: undefined,
    index: 0,
  })
  const found = rows.findIndex(({ agent }) => agent.agentId === active.agentId)
  const index = found === -1 ? Math.min(active.index, Math.max(0, rows.length - 1)) : found
  return [index, (next) => setActive({ agentId: rows[next]?.agent.agentId, index: next })]
}

/** @param total agents of the whole list, if that is known */
function footOf({ rows, isComplete, isFull, isLoading }: LiveList, total?: number): string {
  const read = rows.filter(({ isLeaving }) => !isLeaving).length
  const count = read.toLocaleString('en')
  if (isComplete) return read === 1 ? '1 agent' : `${count} agents`
  if (isLoading) return 'Reading…'
  const known = total === undefined || total < read ? '' : ` of ${total.toLocaleString('en')}`
  const rest = isFull ? '. Search or filter to see others.' : '; more as you scroll'
  return `The first ${count}${known} agents${rest}`
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
