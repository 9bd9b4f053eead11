import type { Agent, AgentEvent, MaintenanceEntry } from '@rollcall/client'
import { Agent as WireAgent, AgentEvent as WireEvent } from '@rollcall/protocol'

// JSON output uses the field names of the HTTP interface.

/** Converts an agent to the format of `GET /agents/{id}`: without the optional fields that it lacks. */
export function wireAgent(agent: Agent): object {
  const { tags, hasCard, updatedAt, registeredAt } = agent
  const optional = {
    tags: tags.length === 0 ? null : tags,
    hasCard: hasCard || null,
    updatedAt: updatedAt.getTime() === registeredAt.getTime() ? null : updatedAt,
  }
  return withoutAbsent(withWireNames({ ...agent, ...optional }), WireAgent.required)
}

/** Converts an event to the format of `GET /events`. */
export function wireEvent(event: AgentEvent): object {
  return {
    ...withoutAbsent(withWireNames(event), WireEvent.required),
    agent: wireAgent(event.agent),
  }
}

/** Converts an event to the same format, without the agent and without whether it is listed. */
export function wireChange(event: AgentEvent): object {
  const { agent: _agent, listed: _listed, ...change } = event
  return withoutAbsent(withWireNames(change), WireEvent.required)
}

/** Converts an entry to the format of `GET /maintenance`. */
export function wireMaintenance(entry: MaintenanceEntry): object {
  return withWireNames(entry)
}

/** Renames top-level properties only: the keys of the metadata stay unchanged. */
function withWireNames(value: object): object {
  const renamed = Object.entries(value).map(([name, it]) => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    it,
  ])
  return Object.fromEntries(renamed)
}

/** Optional fields are absent on the wire, never null. */
function withoutAbsent(fields: object, required: readonly string[]): object {
  const given = Object.entries(fields).filter(
    ([name, it]) => it !== null || required.includes(name),
  )
  return Object.fromEntries(given)
}
