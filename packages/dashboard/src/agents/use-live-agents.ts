import { useEffect, useState, useSyncExternalStore } from 'react'
import { useRegistry } from '../registry/registry-context.tsx'
import { type ListQuery, listParams, parseListQuery } from './list-query.ts'
import { LiveAgents, type LiveList } from './live-agents.ts'

const NOTHING: LiveList = {
  rows: [],
  isLoading: true,
  isComplete: false,
  isFull: false,
  error: undefined,
}
const subscribeToNothing = () => () => undefined

/** Follows the agents of a query. The rows of the previous one are shown until those of the next are there. */
export function useLiveAgents(query: ListQuery): { list: LiveList; live: LiveAgents | undefined } {
  const { client } = useRegistry().session
  const [live, setLive] = useState<LiveAgents>()
  const [shown, setShown] = useState(NOTHING)
  const key = listParams(query).toString()
  useEffect(() => {
    const stop = new AbortController()
    setLive(new LiveAgents(client, parseListQuery(new URLSearchParams(key)), stop.signal))
    return () => stop.abort()
  }, [client, key])
  const current = useSyncExternalStore(
    live?.list.subscribe ?? subscribeToNothing,
    live?.list.get ?? (() => NOTHING),
  )
  useEffect(() => {
    if (!current.isLoading) setShown(current)
  }, [current])
  return { list: current.isLoading ? { ...shown, isLoading: true } : current, live }
}
