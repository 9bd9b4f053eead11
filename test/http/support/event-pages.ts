import type { AgentEvent } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { Answer } from './response.ts'

/** Every field of an event on the wire. */
const EVENT_FIELDS = [
  'revision',
  'type',
  'agent_id',
  'at',
  'reason',
  'listed',
  'agent',
] as const satisfies readonly (keyof AgentEvent)[]

/** The events of a good answer, in the order given. */
export function eventsIn(answer: Answer): AgentEvent[] {
  expect(answer.status, answer.text.slice(0, 500)).toBe(200)
  expect(Array.isArray(answer.json)).toBe(true)
  const events = answer.json as AgentEvent[]
  for (const event of events) expect(Object.keys(event)).toEqual(EVENT_FIELDS)
  return events
}

/** Where the registry, or a page of its events, stood. */
export function positionIn({ headers }: Answer): { epoch: string; revision: number } {
  return {
    epoch: String(headers.get('x-registry-epoch')),
    revision: Number(headers.get('x-registry-revision')),
  }
}
