import { useEffect, useState } from 'react'
import { useNow } from '../components/clock.ts'

/** Milliseconds that the strip shows. */
const SPAN_MS = 5 * 60_000

/** The heartbeats that the page has seen since the agent was opened. The registry keeps only the last one. */
export function HeartbeatStrip(props: { lastHeartbeat: Date; ttlSeconds: number }) {
  const { lastHeartbeat, ttlSeconds } = props
  const nowMs = useNow()
  const [beats, setBeats] = useState<readonly number[]>([])
  const beatMs = lastHeartbeat.getTime()
  useEffect(() => {
    setBeats((before) => [...before.filter((ms) => ms > beatMs - SPAN_MS && ms !== beatMs), beatMs])
  }, [beatMs])
  const positionOf = (ms: number) => 100 * (1 - (nowMs - ms) / SPAN_MS)
  const seen = beats.filter((ms) => positionOf(ms) > 0)
  return (
    <figure className="strip">
      <div className="strip-line" role="img" aria-label={`${seen.length} heartbeats seen`}>
        <span
          className="strip-lease"
          style={{
            left: `${Math.max(0, positionOf(beatMs))}%`,
            width: `${Math.min(100, (100 * Math.min(nowMs - beatMs, ttlSeconds * 1000)) / SPAN_MS)}%`,
          }}
        />
        {seen.map((ms) => (
          <span className="strip-beat" key={ms} style={{ left: `${positionOf(ms)}%` }} />
        ))}
      </div>
      <figcaption className="muted">
        <span>5 min ago</span>
        <span>heartbeats seen since you opened this</span>
        <span>now</span>
      </figcaption>
    </figure>
  )
}
