import type { Agent, Registration } from './agent.ts'

/**
 * Every field of an agent: its name on the wire, and its name in TypeScript. The translations in both
 * directions are typed by this table, so a new field does not compile until each of them knows it.
 *
 * @internal
 */
export interface AgentNames {
  agent_id: 'agentId'
  agent_name: 'agentName'
  host: 'host'
  port: 'port'
  url: 'url'
  version: 'version'
  ttl_seconds: 'ttlSeconds'
  metadata: 'metadata'
  capabilities: 'capabilities'
  status: 'status'
  load: 'load'
  registered_at: 'registeredAt'
  last_heartbeat: 'lastHeartbeat'
  expires_at: 'expiresAt'
  is_alive: 'isAlive'
  revision: 'revision'
}

/** A field that an agent may register with; the registry writes the others. */
export type RegistrationField = Exclude<
  keyof Registration,
  | 'registered_at'
  | 'last_heartbeat'
  | 'expires_at'
  | 'is_alive'
  | 'revision'
  | 'heartbeat_interval_seconds'
  | 'warnings'
>

/** Every field that an agent may register with; undefined: it is not sent. */
export type RegistrationFields = {
  readonly [Field in RegistrationField]: Registration[Field] | undefined
}

/** @internal An object with every field of an agent, by its name in TypeScript. */
export type AgentFields = {
  readonly [Field in keyof Agent as AgentNames[Field]]: unknown
}

/** @internal An object with every field of a registration, by its name in TypeScript. */
export type RegistrationNames = {
  readonly [Field in RegistrationField as AgentNames[Field]]: unknown
}

/** A registration without the fields that are undefined. */
export function toRegistration(fields: RegistrationFields): Registration {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as unknown as Registration
}
