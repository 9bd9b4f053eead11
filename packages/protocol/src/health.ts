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
    description: '`unhealthy`: the store cannot be written to.',
  }),
  registered_agents: integer({ minimum: 0, description: 'Agents in the registry, dead or alive.' }),
  active_agents: integer({ minimum: 0, description: 'Agents that are alive now.' }),
  flapping_agents: integer({
    minimum: 0,
    description:
      'Agents that several instances register again and again, each replacing the other.',
  }),
  revision: integer({ minimum: 0, description: 'Counts visible changes.' }),
  epoch: text({ description: 'Identifies the history to which the revision belongs.' }),
  version: text({ description: 'The version of the server.' }),
  uptime_seconds: number({ minimum: 0, description: 'Since the server was started.' }),
})
/** @interface */
export type Health = Static<typeof Health>

/** The response of the liveness and readiness probes. */
export const Probe = object({
  status: constant('ok'),
  checks: dictionary(constant('ok'), { description: 'The checks that were made, by name.' }),
})
/** @interface */
export type Probe = Static<typeof Probe>

/** The response at the root of a registry. */
export const RegistryDescription = object({
  name: constant('Rollcall'),
  version: text({ description: 'The version of the server.' }),
  links: dictionary(text(), { description: 'URLs by name, relative to this one.' }),
})
/** @interface */
export type RegistryDescription = Static<typeof RegistryDescription>
