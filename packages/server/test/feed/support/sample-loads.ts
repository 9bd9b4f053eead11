import type { EventType } from '@rollcall/protocol'
import { AgentRecord } from '../../../src/domain/agent-record.ts'
import type { FeedEvent } from '../../../src/feed/feed-event.ts'
import { transitionOf } from './sample-transition.ts'

/** Returns an agent that reported a load with a heartbeat at the given time. */
export function agentWithLoad(agentId: string, load: number | null, atMs: number): AgentRecord {
  const states = { before: undefined, after: 'alive ready' } as const
  const { agent } = transitionOf('registered', states, { agentId })
  return new AgentRecord({ ...agent, load, lastHeartbeatMs: atMs })
}

/** Returns the event of a transition after which an agent looks like this. */
export function eventOf(
  type: EventType,
  agent: AgentRecord,
  { listed }: { listed: boolean },
): FeedEvent {
  const states = { before: 'alive ready', after: 'alive ready' } as const
  const transition = transitionOf('updated', states, { agentId: agent.agentId })
  return { transition: { ...transition, agent }, type, listed }
}
