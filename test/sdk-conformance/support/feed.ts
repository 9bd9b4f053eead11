import type { ServerResponse } from 'node:http'
import { wireAgent } from '../../../packages/client/test/support/wire-agents.ts'
import type { Answer } from './scripted-registry.ts'

/** Opens a stream of events, writes the parts, and leaves it open. */
export function stream(...parts: readonly string[]): Answer {
  return (response) => {
    open(response)
    for (const part of parts) response.write(part)
  }
}

/** Opens a stream of events, writes the parts, and ends it after them. */
export function endedStream(...parts: readonly string[]): Answer {
  return (response) => {
    open(response)
    response.end(parts.join(''))
  }
}

/** Opens a stream of events, and writes each part on its own, so that it arrives on its own. */
export function slowStream(...parts: readonly string[]): Answer {
  return async (response) => {
    open(response)
    for (const part of parts) {
      response.write(part)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
  }
}

/** An event of the stream. */
export function event(data: object, id?: string): string {
  const line = id === undefined ? '' : `id: ${id}\n`
  return `${line}data: ${JSON.stringify(data)}\n\n`
}

/** An agent of the snapshot. */
export const snapshot = (agentId: string, more = {}): string =>
  event({ type: 'snapshot', listed: true, agent: wireAgent(agentId, more) })

export const synced = (id = 'e:1'): string => event({ type: 'synced', revision: 1 }, id)

export const resetEvent = event({ type: 'reset', reason: 'the history is gone' })

/** A change of an agent. */
export const change = (type: string, agentId: string, id = 'e:2'): string => {
  const listed = type !== 'deregistered'
  const at = '2026-01-01T00:00:00.000Z'
  const agent = wireAgent(agentId)
  return event({ revision: 2, type, agent_id: agentId, at, reason: '', listed, agent }, id)
}

function open(response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
}
