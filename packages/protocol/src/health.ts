import Type, { type Static } from 'typebox'

/** The state of the registry as a whole. */
export const Health = Type.Object({
  status: Type.Union([Type.Literal('healthy'), Type.Literal('unhealthy')]),
  registered_agents: Type.Integer({ minimum: 0, description: 'Records, dead or alive.' }),
  active_agents: Type.Integer({ minimum: 0, description: 'Agents that are alive now.' }),
  revision: Type.Integer({ minimum: 0, description: 'Counts visible changes.' }),
  epoch: Type.String({ description: 'Names the history that the revision counts.' }),
  version: Type.String({ description: 'Of the server.' }),
  uptime_seconds: Type.Number({ minimum: 0 }),
})
export type Health = Static<typeof Health>

/** One answer of the liveness and readiness probes. */
export const Probe = Type.Object({
  status: Type.Literal('ok'),
  checks: Type.Record(Type.String(), Type.Literal('ok')),
})
export type Probe = Static<typeof Probe>
