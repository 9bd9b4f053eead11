import { ACCESS_MODES } from './access.ts'
import {
  constant,
  dictionary,
  integer,
  nullable,
  number,
  object,
  oneOf,
  type Static,
  text,
} from './json-schema.ts'
import { timestamp } from './timestamp.ts'

/** The brake on mass expiry while it is on. */
export const ExpiryBrake = object(
  {
    since: timestamp('When it engaged.'),
    ends_at: timestamp('When it ends at the latest; it ends earlier when heartbeats return.'),
    suspect_agents: integer({
      minimum: 0,
      description: 'Agents with status `suspect`, whose expiry it holds back.',
    }),
    reason: text({
      description: 'Why it engaged, for humans.',
      examples: [
        '812 of 1000 live agents fell silent at once, so the cause is probably the network or the ' +
          'registry; their expiry is held back',
      ],
    }),
  },
  {
    description:
      'The brake on mass expiry: most agents fell silent at once, so their expiry is held back. ' +
      'Null: leases expire on time.',
  },
)
/** @interface */
export type ExpiryBrake = Static<typeof ExpiryBrake>

/** What an overloaded registry refuses. */
export const Overload = object(
  {
    since: timestamp('When it began.'),
    event_loop_delay_ms: number({
      minimum: 0,
      description: 'What requests wait on average before they are handled, in milliseconds.',
    }),
    refused_reads: share('lists, searches, reads of agents and new streams'),
    refused_changes: share('registrations'),
    refused_heartbeats: share('heartbeats and deregistrations'),
  },
  {
    description:
      'The registry is overloaded and refuses a share of the requests with 503 `OVERLOADED`. Null: it refuses none.',
  },
)
/** @interface */
export type Overload = Static<typeof Overload>

function share(what: string) {
  return number({ minimum: 0, maximum: 1, description: `Share of ${what} that is refused.` })
}

/** The state of the registry as a whole. */
export const Health = object({
  status: oneOf(['healthy', 'unhealthy'], {
    description: '`unhealthy`: the store cannot be written to.',
  }),
  registered_agents: integer({ minimum: 0, description: 'Agents in the registry, dead or alive.' }),
  active_agents: integer({ minimum: 0, description: 'Agents that are alive now.' }),
  expiry_brake: nullable(ExpiryBrake),
  overload: nullable(Overload),
  flapping_agents: integer({
    minimum: 0,
    description:
      'Agents that several instances register again and again, each replacing the other.',
  }),
  access: oneOf(ACCESS_MODES, {
    description:
      '`controlled`: callers are identified. `open`: every caller may do everything, but only the machine of the ' +
      'registry reaches it. `insecure`: every caller may do everything, and others reach it (`--insecure`).',
  }),
  revision: integer({ minimum: 0, description: 'Counts visible changes.' }),
  epoch: text({
    description: 'Identifies the registry; a store that is created anew has another.',
  }),
  branch: text({
    description:
      'The current branch of the history, as in `X-Registry-Epoch` and in positions. A start may begin ' +
      'another; the registry decides which positions remain valid.',
  }),
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
