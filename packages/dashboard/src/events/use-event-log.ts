import type { AgentEvent, AgentFilter } from '@rollcall/client'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { useRegistry } from '../registry/registry-context.tsx'
import { EventLog } from './event-log.ts'

const subscribeToNothing = () => () => undefined
const nothing = () => undefined

/** Follows the last changes of matching agents, newest first; undefined until the feed is open. */
export function useEventLog(filter: AgentFilter, limit: number): readonly AgentEvent[] | undefined {
  const { client } = useRegistry().session
  const [log, setLog] = useState<EventLog>()
  const key = JSON.stringify(filter)
  useEffect(() => {
    const stop = new AbortController()
    setLog(new EventLog(client, { filter: JSON.parse(key), limit, signal: stop.signal }))
    return () => stop.abort()
  }, [client, key, limit])
  return useSyncExternalStore(
    log?.events.subscribe ?? subscribeToNothing,
    log?.events.get ?? nothing,
  )
}
