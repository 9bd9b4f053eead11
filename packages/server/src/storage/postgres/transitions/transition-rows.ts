import { AgentRecord, type AgentRecordFields } from '../../../domain/agent-record.ts'
import { completeDetails, NO_TAGS } from '../../../domain/details.ts'
import type { Transition, TransitionType } from '../../../domain/transition.ts'
import { TransitionBatch } from '../../../domain/transition-batch.ts'
import { decodePreviousState, encodePreviousState } from '../../previous-state.ts'
import { Moment } from '../nodes/database-time.ts'
import { type AgentRow, toLease } from '../rows.ts'

/** A transition as `pg` returns it. */
export interface TransitionRow {
  readonly revision: string
  readonly type: TransitionType
  readonly agent_id: string
  readonly at: string
  readonly reason: string
  readonly actor: string | null
  readonly agent: string
  readonly before: string | null
  readonly moment: null
}

/** An expiry, recorded by the database itself. */
export interface LapseRow {
  readonly revision: string
  /** The agent's row after the expiry, as JSON. */
  readonly agent: string
  /** Wall, beat and lease time at which it was recorded. */
  readonly moment: readonly [string, string, string]
}

/** Converts a transition to a row, without its agent, and without its revision, which is assigned later. */
export function toTransitionRow(transition: Transition): object {
  const { type, agentId, atMs, reason, actor } = transition
  return {
    type,
    agent_id: agentId,
    at: atMs,
    reason,
    actor,
    before: encodePreviousState(transition),
  }
}

/** Encodes the agent of a transition as one line of JSON. */
export function toRecordedAgent({ agent }: Transition): string {
  const { revision: _, agentId: __, ...recorded } = agent
  return JSON.stringify(recorded)
}

/**
 * What the history has of an agent, however old it is. A field that is new in {@link AgentRecordFields} is
 * missing there: it does not belong here, so that a default for it is needed to compile.
 */
type RecordedAgent = Pick<
  AgentRecordFields,
  | 'agentName'
  | 'host'
  | 'port'
  | 'ttlSeconds'
  | 'metadata'
  | 'capabilities'
  | 'version'
  | 'url'
  | 'status'
  | 'load'
  | 'registeredAtMs'
  | 'lastHeartbeatMs'
  | 'expiresAtMs'
  | 'alive'
>

/** The same of an expiry, which has the row of the agent. */
type RecordedRow = Pick<
  AgentRow,
  | 'agent_id'
  | 'agent_name'
  | 'host'
  | 'port'
  | 'ttl_seconds'
  | 'metadata'
  | 'metadata_given_as'
  | 'capabilities'
  | 'version'
  | 'url'
  | 'status'
  | 'load'
  | 'registered_at'
  | 'last_beat'
  | 'deadline'
  | 'expired'
  | 'revision'
>

export function toTransition(row: TransitionRow | LapseRow): Transition {
  const revision = Number(row.revision)
  if (row.moment !== null) {
    const [wall, beat, lease] = row.moment
    return toLapse(row.agent, { moment: new Moment({ wall, beat, lease }), revision })
  }
  const {
    details,
    tags = NO_TAGS,
    card = null,
    updatedAtMs = Number(row.at),
    instanceId = null,
    incarnation = 1,
    owner = null,
    suspect = false,
    maintenance = null,
    ...recorded
  }: RecordedAgent & Partial<AgentRecordFields> = JSON.parse(row.agent)
  const { agent_id: agentId } = row
  const agent = new AgentRecord({
    ...recorded,
    details: completeDetails(details),
    tags,
    card,
    updatedAtMs,
    instanceId,
    incarnation,
    owner,
    suspect,
    maintenance,
    agentId,
    revision,
  })
  return {
    revision,
    type: row.type,
    agentId,
    atMs: Number(row.at),
    reason: row.reason,
    actor: row.actor,
    agent,
    before: row.before === null ? undefined : decodePreviousState(agent, row.before),
  }
}

/** Creates the expiry of an agent from its row, recorded as JSON at some moment. */
export function toLapse(text: string, at: { moment: Moment; revision: number }): Transition {
  const row: RecordedRow & Partial<AgentRow> = JSON.parse(text)
  const { details = null, updated_at = null, instance_id = null, incarnation = 1 } = row
  const { owner = null, suspect = false, maintenance = null } = row
  const lease = toLease({
    ...row,
    details,
    updated_at,
    instance_id,
    incarnation,
    owner,
    suspect,
    maintenance,
    expired: false,
  })
  const { agentId } = lease
  const batch = new TransitionBatch({
    find: () => lease,
    times: at.moment,
    revision: at.revision - 1,
  })
  batch.add({ agentId, event: 'lapse' })
  const [transition] = batch.transitions
  if (transition === undefined) throw new Error(`the lease of ${agentId} had not lapsed`)
  return transition
}

/** Returns the transition with its assigned revision. */
export function atRevision(transition: Transition, revision: number): Transition {
  const agent = new AgentRecord({ ...transition.agent, revision })
  return { ...transition, revision, agent }
}
