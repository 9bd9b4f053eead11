import type { AgentProfile } from './agent-registration.ts'
import type { Lease } from './lease.ts'

/** Describes the visible differences between two states of an agent; empty if there are none. */
export function describeChanges(before: Lease, after: Lease): string[] {
  const changes: string[] = []
  if (before.status !== after.status) changes.push(`status ${before.status} -> ${after.status}`)
  const old = before.profile
  const now = after.profile
  if (old === now) return changes
  const scalars = ['agentName', 'host', 'port', 'url', 'version'] as const
  for (const field of scalars) {
    if (old[field] !== now[field]) {
      changes.push(`${FIELD_NAMES[field]} ${old[field] ?? 'none'} -> ${now[field] ?? 'none'}`)
    }
  }
  if (old.ttlSeconds !== now.ttlSeconds) {
    changes.push(`ttl ${old.ttlSeconds} s -> ${now.ttlSeconds} s`)
  }
  if (!sameMetadata(old, now)) changes.push('metadata changed')
  if (!sameCapabilities(old, now)) changes.push('capabilities changed')
  return changes
}

const FIELD_NAMES = {
  agentName: 'name',
  host: 'host',
  port: 'port',
  url: 'url',
  version: 'version',
}

/** Whether the metadata is the same text, sent in the same form. */
export function sameMetadata(
  a: Pick<AgentProfile, 'metadata'>,
  b: Pick<AgentProfile, 'metadata'>,
): boolean {
  return a.metadata?.json === b.metadata?.json && a.metadata?.givenAs === b.metadata?.givenAs
}

export function sameCapabilities(
  a: Pick<AgentProfile, 'capabilities'>,
  b: Pick<AgentProfile, 'capabilities'>,
): boolean {
  return (
    a.capabilities.length === b.capabilities.length &&
    a.capabilities.every((capability, index) => capability === b.capabilities[index])
  )
}

/** Formats a duration for a reason: `12.3 s`. */
export function inSeconds(ms: number): string {
  return `${(Math.max(0, ms) / 1000).toFixed(1)} s`
}
