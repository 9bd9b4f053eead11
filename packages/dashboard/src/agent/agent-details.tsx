import type { Agent } from '@rollcall/client'
import type { ReactNode } from 'react'
import { hrefOf } from '../app/location.ts'
import { useNow } from '../components/clock.ts'
import { Time } from '../components/time.tsx'
import { WebLink } from '../components/web-link.tsx'
import { CardView } from './card-view.tsx'
import { MetadataView } from './metadata-view.tsx'
import { WhoElse } from './who-else.tsx'

/** What the agent has registered, and what the registry has added. */
export function AgentDetails({ agent }: { agent: Agent }) {
  const nowMs = useNow(60_000)
  return (
    <>
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
        <Fact name="Last heartbeat">
          <Time date={agent.lastHeartbeat} nowMs={nowMs} />
        </Fact>
        <Fact name="Deadline">
          <Time date={agent.expiresAt} nowMs={nowMs} />
        </Fact>
        <Fact name="Registered">
          <Time date={agent.registeredAt} nowMs={nowMs} />
        </Fact>
        <Fact name="Updated">
          <Time date={agent.updatedAt} nowMs={nowMs} />
        </Fact>
        <Fact name="Identifier" value={agent.identifier} />
        {agent.cardUrl !== null && (
          <Fact name="Card URL">
            <WebLink url={agent.cardUrl} />
          </Fact>
        )}
        <Fact name="Owner" value={agent.owner} />
        <Fact name="Instance" value={agent.instanceId} />
        <Fact name="Incarnation" value={String(agent.incarnation)} />
        <Fact name="Revision" value={String(agent.revision)} />
      </dl>
      <Words title="Capabilities" filter="capability" words={agent.capabilities} />
      {agent.tags.length > 0 && <Words title="Tags" filter="tag" words={agent.tags} />}
      <WhoElse agent={agent} />
      {agent.hasCard && <CardView agentId={agent.agentId} revision={agent.revision} />}
      <MetadataView metadata={agent.metadata} />
    </>
  )
}

/** Links to the agents with the same words. */
function Words(props: { title: string; filter: 'capability' | 'tag'; words: readonly string[] }) {
  const { title, filter, words } = props
  return (
    <>
      <h3>{title}</h3>
      <p className="tags">
        {words.length === 0 && <span className="muted">none</span>}
        {words.map((word) => (
          <a className="tag" key={word} href={hrefOf('agents', { [filter]: word })}>
            {word}
          </a>
        ))}
      </p>
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
      <dd className="mono">{children ?? value}</dd>
    </div>
  )
}
