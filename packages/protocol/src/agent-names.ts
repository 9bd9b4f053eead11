import type { Agent, Registration } from './agent.ts'
import type { CamelCase } from './camel-case.ts'

/** A field that an agent may register with; the registry writes the others. */
export type RegistrationField = Exclude<
  keyof Registration,
  | 'incarnation'
  | 'maintenance'
  | 'owner'
  | 'has_card'
  | 'registered_at'
  | 'updated_at'
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

/**
 * An object with every field of an agent, by its name in TypeScript. The translations from the wire are
 * typed by it, so a new field does not compile until each of them knows it.
 *
 * @internal
 */
export type AgentFields = {
  readonly [Field in keyof Agent as CamelCase<Field>]-?: unknown
}

/** @internal An object with every field of a registration, by its name in TypeScript. */
export type RegistrationNames = {
  readonly [Field in RegistrationField as CamelCase<Field>]: unknown
}

/** A registration without the fields that are undefined. */
export function toRegistration(fields: RegistrationFields): Registration {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as unknown as Registration
}
