import { useQuery } from '@tanstack/react-query'
import { deadlineText } from '../agents/agent-row.tsx'
import { hrefOf } from '../app/location.ts'
import { useNow } from '../components/clock.ts'
import { useRegistry } from '../registry/registry-context.tsx'

/** Milliseconds between two reads. */
const INTERVAL_MS = 3000
const SHOWN = 20

/** Agents whose lease has lapsed, until the cleanup removes them; the last heartbeat first. */
export function JustLapsed() {
  const { client } = useRegistry().session
  const nowMs = useNow()
  const { data: agents } = useQuery({
    queryKey: ['lapsed'],
    queryFn: ({ signal }) =>
      client.list({ status: 'expired', sort: '-last_heartbeat', limit: SHOWN }, { signal }),
    refetchInterval: INTERVAL_MS,
  })
  return (
    <section className="panel" aria-labelledby="lapsed-title">
      <header className="section-head">
        <h2 id="lapsed-title">Just lapsed</h2>
        <a href={hrefOf('agents', { status: 'expired', sort: '-last_heartbeat' })}>All expired</a>
      </header>
      {(agents === undefined || agents.length === 0) && (
        <p className="calm">{agents ? 'None. Cleanups remove them after a while.' : 'Reading…'}</p>
      )}
      <ul className="late-list">
        {agents?.map((agent) => (
          <li key={agent.agentId}>
            <span className="status-expired">
              <span className="status-mark" />
            </span>
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
