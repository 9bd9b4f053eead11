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

/** Returns the ids that a list contains. */
export async function listedIds(http: HttpClient, query = ''): Promise<string[]> {
  const { body } = await http.get<Agent[]>(`/agents${query}`)
  return body.map(({ agent_id: id }) => id)
}

/** Returns the whole history. */
export async function historyOf(http: HttpClient): Promise<AgentEvent[]> {
  const events: AgentEvent[] = []
  for (;;) {
    const since = events.at(-1)?.revision ?? 0
    const { body } = await http.get<AgentEvent[]>(`/events?since=${since}&limit=1000`)
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

/** Counts events by type; an agent that becomes suspect is `suspect`. */
export function countByType(events: readonly AgentEvent[]): Partial<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { type, agent } of events) {
    const kind = agent.status === 'suspect' ? 'suspect' : type
    counts[kind] = (counts[kind] ?? 0) + 1
  }
  return counts
}
