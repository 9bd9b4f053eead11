import type { Agent } from '@rollcall/protocol'
import { expect } from 'vitest'

/** A complete response of a registry. */
export interface Answer {
  /** Path and query of the request. */
  readonly path?: string
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The body as JSON; undefined if it is not JSON. */
  readonly json: unknown
}

/** Every field that each agent has on the wire, in the order of the contract's table. */
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
  'incarnation',
  'registered_at',
  'last_heartbeat',
  'expires_at',
  'is_alive',
  'revision',
] as const satisfies readonly (keyof Agent)[]

/** RFC 3339 in UTC, with exactly milliseconds. */
export const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/** Returns the JSON object of a successful response. */
export function objectIn(response: Answer): Record<string, unknown> {
  expect(response.status, response.text).toBe(200)
  expect(response.json).toBeTypeOf('object')
  return { ...(response.json as object) }
}

/** Returns the agent of a successful response; every required field must be present. */
export function agentIn(response: Answer): Agent {
  return toAgent(objectIn(response))
}

/** Returns the agents of a successful response, in order. */
export function agentsIn(response: Answer): Agent[] {
  expect(response.status, response.text.slice(0, 500)).toBe(200)
  expect(Array.isArray(response.json)).toBe(true)
  return (response.json as object[]).map(toAgent)
}

function toAgent(value: object): Agent {
  for (const field of AGENT_FIELDS) if (!(field in value)) expect(value).toHaveProperty(field)
  return value as Agent
}
