import type { AgentProfile } from './agent-registration.ts'
import type { Lease } from './lease.ts'
import { liveStatus } from './query/agent-filter.ts'
import { sameCapabilities, sameMetadata } from './query/same-profile.ts'

/** Describes the visible differences between two states of an agent; empty if there are none. */
export function describeChanges(before: Lease, after: Lease): string[] {
  const changes: string[] = []
  const [oldStatus, newStatus] = [liveStatus(before), liveStatus(after)]
  if (oldStatus !== newStatus) changes.push(`status ${oldStatus} -> ${newStatus}`)
  const old = before.profile
  const now = after.profile
  if (old === now) return changes
  for (const describe of Object.values(PROFILE_CHANGES)) {
    const change = describe(old, now)
    if (change !== undefined) changes.push(change)
  }
  return changes
}

type DescribeChange = (before: AgentProfile, after: AgentProfile) => string | undefined

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
}

function valueChange(
  field: 'agentName' | 'host' | 'port' | 'url' | 'version' | 'ttlSeconds',
  name: string = field,
  unit = '',
): DescribeChange {
  const text = (value: string | number | null) => (value === null ? 'none' : `${value}${unit}`)
  return ({ [field]: before }, { [field]: after }) =>
    before === after ? undefined : `${name} ${text(before)} -> ${text(after)}`
}

/** Formats a duration for a reason: `12.3 s`. */
export function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}
