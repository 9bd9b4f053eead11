import type { Agent } from '@rollcall/client'
import { useQuery } from '@tanstack/react-query'
import { hrefOf } from '../app/location.ts'
import { useRegistry } from '../registry/registry-context.tsx'

/** Milliseconds between two reads. */
const INTERVAL_MS = 10_000
/**
 * Agents that are counted. Of a larger fleet, those that were heard last: with heartbeats one by one, their order has
 * nothing to do with what an agent can do; in batches it has, so the page says which agents these are.
 */
const READ = 1000
const SHOWN = 24

/** What agents can do, and how many of them are ready for it. */
export function Capabilities() {
  const { client } = useRegistry().session
  const { data: agents = [] } = useQuery({
    queryKey: ['capabilities'],
    queryFn: ({ signal }) => client.list({ sort: '-last_heartbeat', limit: READ }, { signal }),
    refetchInterval: INTERVAL_MS,
  })
  const counts = countCapabilities(agents)
  const most = Math.max(1, ...counts.map(({ total }) => total))
  return (
    <section className="panel" aria-labelledby="capabilities-title">
      <header className="section-head">
        <h2 id="capabilities-title">What it can do</h2>
        {agents.length === READ && <span className="muted">of 1,000 agents, heard last</span>}
      </header>
      {counts.length === 0 && <p className="muted">No agent names a capability.</p>}
      <ul className="bars">
        {counts.slice(0, SHOWN).map(({ capability, ready, total }) => (
          <li key={capability}>
            <a href={hrefOf('agents', { capability })}>
              <span className="bars-name">{capability}</span>
              <span className="bars-count number">
                {ready} <span className="muted">/ {total} ready</span>
              </span>
              <span className="bars-line" aria-hidden="true">
                <span className="bars-total" style={{ width: `${(100 * total) / most}%` }} />
                <span className="bars-ready" style={{ width: `${(100 * ready) / most}%` }} />
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  )
}

/** A capability, and how many of the agents have it. */
interface CapabilityCount {
  readonly capability: string
  readonly ready: number
  readonly total: number
}

/** Counts agents by capability, the most frequent first. */
export function countCapabilities(
  agents: readonly Pick<Agent, 'capabilities' | 'status'>[],
): CapabilityCount[] {
  const counts = new Map<string, { ready: number; total: number }>()
  for (const { capabilities, status } of agents) {
    for (const capability of new Set(capabilities)) {
      const count = counts.get(capability) ?? { ready: 0, total: 0 }
      counts.set(capability, count)
      count.total++
      if (status === 'ready') count.ready++
    }
  }
  return [...counts]
    .map(([capability, count]) => ({ capability, ...count }))
    .sort((a, b) => b.total - a.total || (a.capability < b.capability ? -1 : 1))
}
