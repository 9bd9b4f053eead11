import { useEffect, useState } from 'react'
import { useRegistry } from '../registry/registry-context.tsx'

/** Returns the time of the registry in Unix milliseconds; the component is rendered again every second. */
export function useNow(intervalMs = 1000): number {
  const { clock } = useRegistry().session
  const [nowMs, setNowMs] = useState(clock.now)
  useEffect(() => {
    const timer = setInterval(() => setNowMs(clock.now()), intervalMs)
    return () => clearInterval(timer)
  }, [clock, intervalMs])
  return nowMs
}
