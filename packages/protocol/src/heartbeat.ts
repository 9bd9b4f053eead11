import { Agent, AgentStatus, HeartbeatIntervalSeconds, Load } from './agent.ts'
import { AgentId } from './agent-id.ts'
import { InstanceId } from './instance-id.ts'
import { constant, integer, list, number, object, optional, type Static } from './json-schema.ts'
import { LIMITS } from './limits.ts'

const report = { status: optional(AgentStatus), load: optional(Load) }

/** What an agent may report with a heartbeat. The body is optional. */
export const HeartbeatReport = object(report, {
  additionalProperties: false,
  description: 'What the agent reports with this heartbeat. The body is optional.',
})
/** @interface */
export type HeartbeatReport = Static<typeof HeartbeatReport>

/** The response to a heartbeat. */
export const HeartbeatReceipt = object({
  status: constant('ok'),
  last_heartbeat: Agent.properties.last_heartbeat,
  expires_at: Agent.properties.expires_at,
  ttl_seconds: Agent.properties.ttl_seconds,
  heartbeat_interval_seconds: HeartbeatIntervalSeconds,
  revision: Agent.properties.revision,
})
/** @interface */
export type HeartbeatReceipt = Static<typeof HeartbeatReceipt>

const HeartbeatOfAgent = object(
  { agent_id: AgentId, ...report, instance_id: optional(InstanceId) },
  { additionalProperties: false },
)

/** The heartbeats of many agents in one call: either bare ids, or ids with their reports. */
export const HeartbeatBatch = object(
  {
    agent_ids: optional(
      list(AgentId, {
        maxItems: LIMITS.heartbeatsPerBatch,
        description: 'Agents that are alive and have nothing to report.',
      }),
    ),
    heartbeats: optional(
      list(HeartbeatOfAgent, {
        maxItems: LIMITS.heartbeatsPerBatch,
        description: 'Agents that are alive, each with what it reports.',
      }),
    ),
    instance_id: optional(InstanceId),
  },
  {
    additionalProperties: false,
    minProperties: 1,
    maxProperties: 2,
    description: 'Either `agent_ids`, or `heartbeats` with what each agent reports.',
  },
)
/** @interface */
export type HeartbeatBatch = Static<typeof HeartbeatBatch>

/** The response to a batch of heartbeats. */
export const HeartbeatBatchReceipt = object({
  ok: integer({ minimum: 0, description: 'How many leases were renewed.' }),
  unknown: list(AgentId, { description: 'Agents that must register again.' }),
  superseded: optional(
    list(AgentId, {
      description:
        'Agents that another instance has registered: send no more heartbeats for them. Absent when ' +
        'there are none.',
    }),
  ),
  forbidden: optional(
    list(AgentId, {
      description:
        'Agents that the caller may not change: its patterns do not cover them, or they belong to another ' +
        'principal. Absent when there are none.',
    }),
  ),
  heartbeat_interval_factor: optional(
    number({
      minimum: 1,
      description:
        'Send heartbeats this many times as far apart as a third of the TTL, until a response lacks it: the ' +
        'registry is overloaded. Absent otherwise.',
    }),
  ),
  revision: integer({ minimum: 0, description: 'The registry revision after the batch.' }),
})
/** @interface */
export type HeartbeatBatchReceipt = Static<typeof HeartbeatBatchReceipt>

/** The response to a deregistration. */
export const DeletedAgent = object({ status: constant('deleted'), agent_id: AgentId })
/** @interface */
export type DeletedAgent = Static<typeof DeletedAgent>

/** The response to a cleanup. */
export const CleanupReceipt = object({
  removed: integer({ minimum: 0, description: 'How many expired agents were removed.' }),
})
/** @interface */
export type CleanupReceipt = Static<typeof CleanupReceipt>
