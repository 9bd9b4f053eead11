import {
  constant,
  dictionary,
  integer,
  number,
  object,
  oneOf,
  type Static,
  text,
} from './json-schema.ts'

/** The state of the registry as a whole. */
export const Health = object({
  status: oneOf(['healthy', 'unhealthy'], {
    description: '`unhealthy`: the store cannot be written.',
  }),
  registered_agents: integer({ minimum: 0, description: 'Records, dead or alive.' }),
  active_agents: integer({ minimum: 0, description: 'Agents that are alive now.' }),
  revision: integer({ minimum: 0, description: 'Counts visible changes.' }),
  epoch: text({ description: 'Names the history that the revision counts.' }),
  version: text({ description: 'Of the server.' }),
  uptime_seconds: number({ minimum: 0, description: 'Since the server was started.' }),
})
/** @interface */
export type Health = Static<typeof Health>

/** One answer of the liveness and readiness probes. */
export const Probe = object({
  status: constant('ok'),
  checks: dictionary(constant('ok'), { description: 'What was looked at, by name.' }),
})
/** @interface */
export type Probe = Static<typeof Probe>

/** What a registry says at its root. */
export const RegistryDescription = object({
  name: constant('Rollcall'),
  version: text({ description: 'Of the server.' }),
  links: dictionary(text(), { description: 'Addresses by name, relative to this one.' }),
})
/** @interface */
export type RegistryDescription = Static<typeof RegistryDescription>
