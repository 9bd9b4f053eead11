import type { AgentRecord } from '../../../domain/agent-record.ts'
import { viewStatus } from '../../../domain/query/agent-filter.ts'
import { isoTime } from '../../agents/iso-time.ts'
import { remoteOf } from '../server-card.ts'
import type { ServerVersion } from './server-groups.ts'

/** The schema of server.json to which entries conform. */
const SCHEMA = 'https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'
/** The key of what the registry says of a server; its members are fixed. */
const OFFICIAL = 'io.modelcontextprotocol.registry/official'
/** The key of what only a live registry knows. */
const LIVE = 'dev.rollcall/live'

/** Whether a replica is alive. */
export function isActive({ replicas, goneAtMs }: ServerVersion): boolean {
  return goneAtMs === undefined && replicas.some(({ alive }) => alive)
}

/** Returns when a server last changed, as Unix time in milliseconds. */
export function updatedAtMs({ replicas, goneAtMs }: ServerVersion): number {
  return goneAtMs ?? Math.max(...replicas.map((agent) => agent.updatedAtMs))
}

/** Describes one version of a server. */
export function serverEntry(server: ServerVersion, isLatest: boolean): object {
  const { identity, replicas } = server
  const active = isActive(server)
  const called = replicas.filter(({ alive }) => alive || !active).toSorted(byReadiness)
  const remotes = active ? called.flatMap((agent) => remoteOf(agent) ?? []) : []
  const publishedAtMs = Math.min(...replicas.map(({ registeredAtMs }) => registeredAtMs))
  const changedAt = isoTime(updatedAtMs(server))
  return {
    server: { $schema: SCHEMA, ...identity, ...(remotes.length > 0 && { remotes }) },
    _meta: {
      [OFFICIAL]: {
        status: active ? 'active' : 'deleted',
        statusChangedAt: changedAt,
        publishedAt: isoTime(publishedAtMs),
        updatedAt: changedAt,
        isLatest,
      },
      ...(server.goneAtMs === undefined && { [LIVE]: { replicas: called.map(liveOf) } }),
    },
  }
}

function liveOf(agent: AgentRecord): object {
  return {
    agent_id: agent.agentId,
    url: agent.url,
    status: viewStatus(agent),
    is_alive: agent.alive,
    expires_at: isoTime(agent.expiresAtMs),
    load: agent.load,
  }
}

/** Those that take work first, the least loaded of them before the others; then by id. */
function byReadiness(a: AgentRecord, b: AgentRecord): number {
  const ready = Number(viewStatus(b) === 'ready') - Number(viewStatus(a) === 'ready')
  return ready || (a.load ?? 1) - (b.load ?? 1) || (a.agentId < b.agentId ? -1 : 1)
}
