import { useEffect, useState } from 'react'
import { useRegistry } from '../registry/registry-context.tsx'

/**
 * Returns the time of the registry in Unix milliseconds; the component is rendered again every second. While the registry
 * is lost, it is the time of its last response: what is shown is as of then, and no lease lapses meanwhile.
 */
export function useNow(intervalMs = 1000): number {
  const { session } = useRegistry()
  const [nowMs, setNowMs] = useState(session.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(session.now()), intervalMs)
    return () => clearInterval(timer)
  }, [session, intervalMs])
  return nowMs
}
