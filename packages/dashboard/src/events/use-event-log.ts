import type { AgentEvent, AgentFilter } from '@rollcall/client'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useRegistry } from '../registry/registry-context.tsx'
import { EventLog, type MissedChanges } from './event-log.ts'

const subscribeToNothing = () => () => undefined
const nothing = () => undefined

/** The last changes, as far as the page has seen them. */
export interface LoggedEvents {
  /** Newest first; undefined until the feed is open. */
  readonly events: readonly AgentEvent[] | undefined
  readonly missed: MissedChanges | undefined
}

/** Follows the last changes of matching agents. */
export function useEventLog(filter: AgentFilter, limit: number): LoggedEvents {
  const { client, clock } = useRegistry().session
  const [log, setLog] = useState<EventLog>()
  const key = JSON.stringify(filter)
  useEffect(() => {
    const stop = new AbortController()
    const options = { filter: JSON.parse(key), limit, signal: stop.signal, now: clock.now }
    setLog(new EventLog(client, options))
    return () => stop.abort()
  }, [client, clock, key, limit])
  const events = useSyncExternalStore(
    log?.events.subscribe ?? subscribeToNothing,
    log?.events.get ?? nothing,
  )
  const missed = useSyncExternalStore(
    log?.missed.subscribe ?? subscribeToNothing,
    log?.missed.get ?? nothing,
  )
  return { events, missed }
}
