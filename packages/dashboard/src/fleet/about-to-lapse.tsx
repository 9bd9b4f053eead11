import type { Agent } from '@rollcall/client'
import { useQuery } from '@tanstack/react-query'
import { deadlineText, shareLeft } from '../agents/agent-row.tsx'
import { hrefOf } from '../app/location.ts'
import { useNow } from '../components/clock.ts'
import { LeaseRing } from '../components/lease-ring.tsx'
import { useRegistry } from '../registry/registry-context.tsx'

/** Milliseconds between two reads of the agents with the nearest deadlines. */
const INTERVAL_MS = 3000
/** Agents that are read; a lease that is late may be behind others with a shorter TTL. */
const READ = 200
const SHOWN = 5

/** Leases of which at most a third is left: two heartbeats were missed. */
export function AboutToLapse() {
  const { client } = useRegistry().session
  const nowMs = useNow()
  const { data } = useQuery({
    queryKey: ['late'],
    queryFn: ({ signal }) => client.list({ sort: 'expires_at', limit: READ }, { signal }),
    refetchInterval: INTERVAL_MS,
  })
  const late = lateAmong(data ?? [], nowMs)
  return (
    <section className="panel" aria-labelledby="late-title">
      <header className="section-head">
        <h2 id="late-title">About to lapse</h2>
        {late.length > 0 && <span className="count-badge">{late.length}</span>}
        <a href={hrefOf('agents', { sort: 'expires_at' })}>All by deadline</a>
      </header>
      {late.length === 0 && (
        <p className="calm">{data === undefined ? 'Reading…' : 'Every agent is on time.'}</p>
      )}
      <ul className="late-list">
        {late.slice(0, SHOWN).map((agent) => (
          <li key={agent.agentId}>
            <LeaseRing left={shareLeft(agent, nowMs)} />
            <a className="mono" title={agent.agentId} href={hrefOf('agents', {}, agent.agentId)}>
              {agent.agentId}
            </a>
            <span className="number">{deadlineText(agent, nowMs)}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** Returns the agents that have missed two heartbeats, without those that have lapsed since they were read. */
export function lateAmong(agents: readonly Agent[], nowMs: number): Agent[] {
  return agents.filter((agent) => {
    const left = shareLeft(agent, nowMs)
    return left > 0 && left <= 1 / 3
  })
}
