import type { Agent } from '@rollcall/client'
import { shareLeft } from '../agents/agent-row.tsx'
import { useNow } from '../components/clock.ts'
import { formatDuration } from '../components/durations.ts'
import { LeaseRing } from '../components/lease-ring.tsx'
import { StatusBadge } from '../components/status-badge.tsx'
import { Time } from '../components/time.tsx'
import { AgentActions } from './agent-actions.tsx'
import { HeartbeatStrip } from './heartbeat-strip.tsx'

/** What matters first: whether it lives, and what can be done. */
export function LeaseView({ agent }: { agent: Agent }) {
  const nowMs = useNow()
  const { maintenance } = agent
  return (
    <>
      <AgentActions agent={agent} />
      {maintenance && (
        <p className="notice">
          In maintenance since <Time date={maintenance.since} nowMs={nowMs} />, by {maintenance.by}:{' '}
          {maintenance.reason}
        </p>
      )}
      <div className="lease">
        <LeaseRing left={shareLeft(agent, nowMs)} size={56} />
        <div>
          <StatusBadge status={agent.status} />
          <p className="lease-text">{leaseText(agent, nowMs)}</p>
        </div>
      </div>
      <HeartbeatStrip lastHeartbeat={agent.lastHeartbeat} ttlSeconds={agent.ttlSeconds} />
    </>
  )
}

function leaseText({ isAlive, expiresAt, lastHeartbeat }: Agent, nowMs: number): string {
  const silent = formatDuration(nowMs - lastHeartbeat.getTime())
  const leftMs = expiresAt.getTime() - nowMs
  if (!isAlive || leftMs <= 0) {
    return `Lapsed ${formatDuration(-leftMs)} ago; last heartbeat ${silent} ago`
  }
  return `Last heartbeat ${silent} ago; lapses in ${formatDuration(leftMs)} without another`
}
