import type { Agent, AgentEvent } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { Answer } from './response.ts'

/** Every field of an event on the wire, in order; what nobody asked for has no actor. */
const EVENT_FIELDS = [
  'revision',
  'type',
  'agent_id',
  'at',
  'reason',
  'actor',
  'listed',
  'agent',
] as const satisfies readonly (keyof AgentEvent)[]

/** Returns the events of a successful response, in order. */
export function eventsIn(response: Answer): AgentEvent[] {
  expect(response.status, response.text.slice(0, 500)).toBe(200)
  expect(Array.isArray(response.json)).toBe(true)
  const events = response.json as AgentEvent[]
  for (const event of events) {
    const hasActor = event.actor !== undefined
    const expected = EVENT_FIELDS.filter((name) => hasActor || name !== 'actor')
    expect(Object.keys(event)).toEqual(expected)
  }
  return events
}

/** Returns an agent without when it expires: a registry that was held up extends all leases, between two reads as well. */
export function withoutExpiry({ expires_at: _, ...agent }: Agent): Omit<Agent, 'expires_at'> {
  return agent
}

/** Returns the position of the registry, or of a page of events. */
export function positionIn({ headers }: Answer): { epoch: string; revision: number } {
  return {
    epoch: String(headers.get('x-registry-epoch')),
    revision: Number(headers.get('x-registry-revision')),
  }
}
