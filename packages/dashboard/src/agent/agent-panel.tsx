import type { Agent } from '@rollcall/client'
import { type ReactNode, useEffect } from 'react'
import { shareLeft } from '../agents/agent-row.tsx'
import { hrefOf } from '../app/location.ts'
import { useNow } from '../components/clock.ts'
import { formatDuration, formatTime } from '../components/durations.ts'
import { LeaseRing } from '../components/lease-ring.tsx'
import { StatusBadge } from '../components/status-badge.tsx'
import { WebLink } from '../components/web-link.tsx'
import { useAgent, useAgentHistory } from '../registry/queries.ts'
import { AgentActions } from './agent-actions.tsx'
import { AgentHistory } from './agent-history.tsx'
import { CardView } from './card-view.tsx'
import { HeartbeatStrip } from './heartbeat-strip.tsx'
import { MetadataView } from './metadata-view.tsx'
import { WhoElse } from './who-else.tsx'

/** Everything about one agent, also after it has left. */
export function AgentPanel({ agentId, closeHref }: { agentId: string; closeHref: string }) {
  const { data: agent, isPending } = useAgent(agentId)
  const { data: history } = useAgentHistory(agentId, agent?.revision)
  useEffect(() => {
    document.getElementById('panel-title')?.focus()
  }, [])
  return (
    <section className="agent-panel" aria-labelledby="panel-title">
      <header className="panel-head">
        <div>
          <h2 id="panel-title" className="mono" tabIndex={-1}>
            {agentId}
          </h2>
          {agent && <p className="muted">{agent.agentName}</p>}
        </div>
        <a className="button small" href={closeHref} aria-label="Close">
          <CloseIcon />
        </a>
      </header>
      {isPending && <p className="muted">Reading…</p>}
      {agent === null && (
        <p className="notice">This agent is not in the registry. What is left is its history.</p>
      )}
      {agent && <AgentDetails agent={agent} />}
      {history && <AgentHistory events={history} />}
    </section>
  )
}

function AgentDetails({ agent }: { agent: Agent }) {
  const nowMs = useNow()
  const { maintenance } = agent
  return (
    <>
      <AgentActions agent={agent} />
      {maintenance && (
        <p className="notice">
          In maintenance since {formatTime(maintenance.since, nowMs)}, by {maintenance.by}:{' '}
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
      {agent.description !== null && <p className="description">{agent.description}</p>}
      <dl className="facts">
        <Fact name="URL">
          <WebLink url={agent.url} />
        </Fact>
        <Fact name="Host and port" value={`${agent.host}:${agent.port}`} />
        <Fact name="Protocol" value={agent.protocol} />
        <Fact name="Version" value={agent.version} />
        <Fact
          name="Load"
          value={agent.load === null ? null : `${Math.round(agent.load * 100)} %`}
        />
        <Fact name="TTL" value={`${agent.ttlSeconds} s`} />
        <Fact name="Last heartbeat" value={formatTime(agent.lastHeartbeat, nowMs)} />
        <Fact name="Deadline" value={formatTime(agent.expiresAt, nowMs)} />
        <Fact name="Registered" value={formatTime(agent.registeredAt, nowMs)} />
        <Fact name="Owner" value={agent.owner} />
        <Fact name="Instance" value={agent.instanceId} />
        <Fact name="Incarnation" value={String(agent.incarnation)} />
        <Fact name="Revision" value={String(agent.revision)} />
      </dl>
      <h3>Capabilities</h3>
      <p className="tags">
        {agent.capabilities.length === 0 && <span className="muted">none</span>}
        {agent.capabilities.map((capability) => (
          <a className="tag" key={capability} href={hrefOf('agents', { capability })}>
            {capability}
          </a>
        ))}
      </p>
      <WhoElse agent={agent} />
      {agent.hasCard && <CardView agentId={agent.agentId} revision={agent.revision} />}
      <MetadataView metadata={agent.metadata} />
    </>
  )
}

/** A fact that the agent has not reported is left out. */
function Fact(props: { name: string; value?: string | null; children?: ReactNode }) {
  const { name, value, children } = props
  if (children === undefined && (value === null || value === undefined)) return null
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children ?? <span className="mono">{value}</span>}</dd>
    </div>
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

function CloseIcon() {
  return (
    <svg className="icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <path d="m3 3 10 10M13 3 3 13" />
    </svg>
  )
}
