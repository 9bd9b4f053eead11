import { AGENT_DETAILS } from '@rollcall/protocol'
import { sameCard } from './agent-card.ts'
import type { AgentProfile } from './agent-registration.ts'
import type { Lease } from './lease.ts'
import type { LeaseEvent } from './lease-rules.ts'
import { describeMaintenance, sameMaintenance } from './maintenance.ts'
import { liveStatus } from './query/agent-filter.ts'
import { sameCapabilities, sameMetadata, sameTags } from './query/same-profile.ts'
import type { TransitionType } from './transition.ts'

/** Describes the visible differences between two states of an agent; empty if there are none. */
export function describeChanges(before: Lease, after: Lease): string[] {
  const changes: string[] = []
  if (before.instanceId !== after.instanceId) {
    // The process of a dead agent is gone: nothing is taken from it.
    changes.push(before.expired ? 'a new instance' : describeTakeover(before, after))
  }
  if (before.owner !== after.owner) {
    changes.push(change('owner', before.owner, after.owner))
  }
  if (!sameMaintenance(before.maintenance, after.maintenance)) {
    changes.push(describeMaintenance(after.maintenance))
  }
  const [oldStatus, newStatus] = [liveStatus(before), liveStatus(after)]
  if (oldStatus !== newStatus) changes.push(`status ${oldStatus} -> ${newStatus}`)
  const old = before.profile
  const now = after.profile
  if (old === now) return changes
  for (const describe of Object.values(PROFILE_CHANGES)) {
    changes.push(...[describe(old, now) ?? []].flat())
  }
  return changes
}

/** Names both endpoints: whoever reads it has to find two processes. */
function describeTakeover(before: Lease, after: Lease): string {
  const named = ({ instanceId, profile }: Lease) =>
    `${instanceId === null ? 'an instance without an id' : `instance ${instanceId}`} at ${profile.url}`
  return `${named(after)} takes over from ${named(before)}`
}

type DescribeChange = (before: AgentProfile, after: AgentProfile) => string | string[] | undefined

/** How a change of each field reads; undefined: it has not changed. */
const PROFILE_CHANGES: { readonly [Field in keyof AgentProfile]: DescribeChange } = {
  agentName: valueChange('agentName', 'name'),
  host: valueChange('host'),
  port: valueChange('port'),
  url: valueChange('url'),
  version: valueChange('version'),
  ttlSeconds: valueChange('ttlSeconds', 'ttl', ' s'),
  metadata: (before, after) => (sameMetadata(before, after) ? undefined : 'metadata changed'),
  capabilities: (before, after) =>
    sameCapabilities(before, after) ? undefined : 'capabilities changed',
  tags: (before, after) => (sameTags(before, after) ? undefined : 'tags changed'),
  card: (before, after) => (sameCard(before, after) ? undefined : describeCard(before, after)),
  details: ({ details: before }, { details: after }) =>
    AGENT_DETAILS.flatMap(({ name, wireName, isFilter }) => {
      if (before[name] === after[name]) return []
      // What is a filter is short.
      return isFilter ? change(wireName, before[name], after[name]) : `${wireName} changed`
    }),
}

function describeCard({ card: before }: AgentProfile, { card: after }: AgentProfile): string {
  if (after === null) return 'card removed'
  return before === null ? 'card added' : 'card changed'
}

function valueChange(
  field: 'agentName' | 'host' | 'port' | 'url' | 'version' | 'ttlSeconds',
  name: string = field,
  unit = '',
): DescribeChange {
  return ({ [field]: before }, { [field]: after }) =>
    before === after ? undefined : change(name, before, after, unit)
}

type Value = string | number | null

function change(name: string, before: Value, after: Value, unit = ''): string {
  const text = (value: Value) => (value === null ? 'none' : `${value}${unit}`)
  return `${name} ${text(before)} -> ${text(after)}`
}

/** Formats a duration for a reason: `12.3 s`. */
function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}

/** What a reason is made of. */
interface ReasonContext {
  readonly intent: { readonly event: LeaseEvent }
  readonly before: Lease | undefined
  readonly changes: readonly string[] | undefined
  readonly silentMs: number
}

function updateReason({ intent, before, changes = [], silentMs }: ReasonContext): string {
  const silence = inSeconds(silentMs)
  if (intent.event === 'hold') {
    return [
      ...changes,
      `last heartbeat ${silence} ago, ttl ${before?.profile.ttlSeconds} s`,
      'its expiry is held back, because most agents fell silent at once',
    ].join('; ')
  }
  const isReturn = before?.suspect === true && intent.event !== 'maintain'
  return [...(isReturn ? [`${intent.event} after ${silence} of silence`] : []), ...changes].join(
    '; ',
  )
}

/** Describes why a transition happened. */
export function reasonOf(type: TransitionType, context: ReasonContext): string {
  const silence = inSeconds(context.silentMs)
  switch (type) {
    case 'registered':
      return 'registered by request'
    case 'updated':
    case 'replaced':
      return updateReason(context)
    case 'revived':
      return [
        `${context.intent.event} after ${silence} of silence`,
        ...(context.changes ?? []),
      ].join('; ')
    case 'expired':
      return `ttl lapsed: last heartbeat ${silence} ago, ttl ${context.before?.profile.ttlSeconds} s`
    case 'removed':
      return `cleaned up: last heartbeat ${silence} ago`
    case 'deregistered':
      return 'deregistered by request'
  }
}
