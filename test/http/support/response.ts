import type { Agent } from '@rollcall/protocol'
import { expect } from 'vitest'

/** What a registry answered, read whole. */
export interface Answer {
  /** What was asked for: path and query. */
  readonly path?: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined when it is none. */
  readonly json: unknown
}

/** Every field of an agent on the wire, in the order of the contract's table. */
export const AGENT_FIELDS = [
  'agent_id',
  'agent_name',
  'host',
  'port',
  'url',
  'version',
  'ttl_seconds',
  'metadata',
  'capabilities',
  'status',
  'load',
  'registered_at',
  'last_heartbeat',
  'expires_at',
  'is_alive',
  'revision',
] as const satisfies readonly (keyof Agent)[]

/** RFC 3339 in UTC, with exactly milliseconds. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** The JSON object of a good answer. */
export function objectIn(answer: Answer): Record<string, unknown> {
  expect(answer.status, answer.text).toBe(200)
  expect(answer.json).toBeTypeOf('object')
  return { ...(answer.json as object) }
}

/** The agent of a good answer; every field must be there. */
export function agentIn(answer: Answer): Agent {
  return toAgent(objectIn(answer))
}

/** The agents of a good answer, in the order given. */
export function agentsIn(answer: Answer): Agent[] {
  expect(answer.status, answer.text.slice(0, 500)).toBe(200)
  expect(Array.isArray(answer.json)).toBe(true)
  return (answer.json as object[]).map(toAgent)
}

function toAgent(value: object): Agent {
  for (const field of AGENT_FIELDS) if (!(field in value)) expect(value).toHaveProperty(field)
  return value as Agent
}
