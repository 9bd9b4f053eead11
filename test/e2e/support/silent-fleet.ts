import type { Agent, AgentEvent, Health } from '@rollcall/protocol'
import { expect } from 'vitest'
import type { HttpClient } from './http-client.ts'

/** Agents of the tests of a fleet that falls silent; `ROLLCALL_SILENT_AGENTS` sets another size. */
export const FLEET_SIZE = Number(process.env.ROLLCALL_SILENT_AGENTS ?? 10_000)
/** Their TTL; heartbeats come every two seconds. */
export const TTL_SECONDS = 6
/** Agents and the brake may take a while on a busy machine. */
export const PATIENT = { timeout: 120_000, interval: 100 }

export async function healthOf(http: HttpClient): Promise<Health> {
  return (await http.get<Health>('/health')).body
}

/**
 * Waits until the fleet is as healthy as one on an idle machine: all are ready, no heartbeat is older than half a
 * TTL (by the clock of the registry, against the newest), and the brake is off. Registering a fleet may take longer
 * than its TTL on a busy machine. Returns the revision.
 */
export async function untilHealthy(http: HttpClient, size = FLEET_SIZE): Promise<number> {
  const ageOfOldestMs = async () => {
    const { body } = await http.get<Agent[]>('/agents?status=ready')
    if (body.length < size || (await healthOf(http)).expiry_brake) return Number.NaN
    const heartbeats = body.map(({ last_heartbeat: at }) => Date.parse(at))
    return Math.max(...heartbeats) - Math.min(...heartbeats)
  }
  await expect.poll(ageOfOldestMs, PATIENT).toBeLessThan(TTL_SECONDS * 500)
  return (await healthOf(http)).revision
}

/** Waits until each agent has become suspect, or expired, since a revision: a thousand take a second and more. */
export async function untilAllAreSilent(
  http: HttpClient,
  { since, size = FLEET_SIZE }: { since: number; size?: number },
): Promise<void> {
  const changed = async () => new Set((await historyOf(http, since)).map((event) => event.agent_id))
  await expect.poll(async () => (await changed()).size, PATIENT).toBe(size)
}

/** Returns the ids that a list contains. */
export async function listedIds(http: HttpClient, query = ''): Promise<string[]> {
  const { body } = await http.get<Agent[]>(`/agents${query}`)
  return body.map(({ agent_id: id }) => id)
}

/** Returns the history after a revision. */
export async function historyOf(http: HttpClient, since = 0): Promise<AgentEvent[]> {
  const events: AgentEvent[] = []
  for (;;) {
    const last = events.at(-1)?.revision ?? since
    const { body } = await http.get<AgentEvent[]>(`/events?since=${last}&limit=1000`)
    events.push(...body)
    if (body.length < 1000) return events
  }
}

/** Waits until the brake is on, and returns it as `/health` shows it. */
export async function brakeOf(http: HttpClient): Promise<NonNullable<Health['expiry_brake']>> {
  await expect.poll(async () => (await healthOf(http)).expiry_brake, PATIENT).not.toBeNull()
  const { expiry_brake: brake } = await healthOf(http)
  if (!brake) throw new Error('the brake has ended already')
  return brake
}

/**
 * Counts events by type; an agent that becomes suspect is `suspect`. Leaves out the cleanup: how much of it has been
 * done depends on how long a test takes.
 */
export function countByType(events: readonly AgentEvent[]): Partial<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { type, agent } of events) {
    if (type === 'removed') continue
    const kind = agent.status === 'suspect' ? 'suspect' : type
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}
