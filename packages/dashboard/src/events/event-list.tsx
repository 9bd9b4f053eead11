import type { AgentEvent } from '@rollcall/client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { useNow } from '../components/clock.ts'
import { useMedia } from '../components/media.ts'
import { EventRow } from './event-row.tsx'

const LINE_PIXELS = { wide: 37, narrow: 66 }

interface ListProps {
  /** Newest first. */
  readonly events: readonly AgentEvent[]
  readonly isPaused: boolean
  /** Called when the user scrolls away from the newest: what is read must not move. */
  readonly onScroll: () => void
}

/** Of the changes, only those on the screen exist. */
export function EventList({ events, isPaused, onScroll }: ListProps) {
  const scroller = useRef<HTMLOListElement>(null)
  const nowMs = useNow(60_000)
  const isNarrow = useMedia('(max-width: 760px)')
  const linePixels = isNarrow ? LINE_PIXELS.narrow : LINE_PIXELS.wide
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => linePixels,
    getItemKey: (index) => events[index]?.revision ?? index,
    overscan: 4,
  })
  // The height of the lines changes with the width of the page.
  useEffect(() => virtual.measure(), [virtual, linePixels])
  useEffect(() => {
    if (!isPaused) scroller.current?.scrollTo({ top: 0 })
  }, [isPaused])
  return (
    <ol
      ref={scroller}
      className="event-list"
      aria-label="Changes, newest first"
      // Users without a mouse scroll with the keys.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a part that scrolls needs the focus
      tabIndex={0}
      onScroll={({ currentTarget }) => currentTarget.scrollTop > linePixels && onScroll()}
    >
      <li className="event-space" aria-hidden="true" style={{ height: virtual.getTotalSize() }} />
      {virtual.getVirtualItems().map(({ index, key, start }) => {
        const event = events[index]
        return event && <EventRow key={key} event={event} nowMs={nowMs} top={`${start}px`} />
      })}
    </ol>
  )
}
