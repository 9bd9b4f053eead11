import type { AgentRecord } from '../../domain/agent-record.ts'
import type { FeedEvent } from '../../feed/feed-event.ts'
import { loadOf } from '../../feed/followed-loads.ts'
import type { SentLoad } from '../../feed/load-feed.ts'
import { agentJson } from '../agents/agent-json.ts'
import { isoTime } from '../agents/iso-time.ts'
import { streamId } from './stream-position.ts'

/** Encodes an event. */
export function eventJson({ transition, type, listed }: FeedEvent): string {
  const { revision, agentId, atMs, reason, actor, agent } = transition
  return (
    `{"revision":${revision},"type":"${type}","agent_id":"${agentId}","at":"${isoTime(atMs)}",` +
    `"reason":${JSON.stringify(reason)},` +
    (actor === null ? '' : `"actor":${JSON.stringify(actor)},`) +
    `"listed":${listed},"agent":${agentJson(agent)}}`
  )
}

/** Encodes an agent that exists when a stream starts. */
export function snapshotJson(agent: AgentRecord): string {
  return (
    `{"revision":${agent.revision},"type":"snapshot","agent_id":"${agent.agentId}",` +
    `"listed":true,"agent":${agentJson(agent)}}`
  )
}

/** Encodes a transition as a server-sent event. */
export function feedEventText(event: FeedEvent, branch: string): string {
  const id = streamId(branch, event.transition.revision)
  return sentEvent({ id, type: event.type, json: eventJson(event) })
}

/**
 * Encodes a server-sent event. JSON has no line breaks, so it fits in one `data` line.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function sentEvent(event: { id: string; type: string; json: string }): string {
  return `id: ${event.id}\nevent: ${event.type}\ndata: ${event.json}\n\n`
}

/** Encodes loads as a server-sent event, without an id, so that it does not change where to resume. */
export function loadsText(loads: readonly SentLoad[]): string {
  const reports = loads.map(
    ({ agentId, sent }) => `{"agent_id":"${agentId}","load":${loadOf(sent)}}`,
  )
  return `event: loads\ndata: {"type":"loads","loads":[${reports.join(',')}]}\n\n`
}
