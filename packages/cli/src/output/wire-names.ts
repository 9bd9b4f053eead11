import type { Agent, AgentEvent, MaintenanceEntry } from '@rollcall/client'

// JSON output uses the field names of the HTTP interface.

/** Converts an agent to the format of `GET /agents/{id}`. */
export function wireAgent(agent: Agent): object {
  return withWireNames(agent)
}

/** Converts an event to the format of `GET /events`. */
export function wireEvent(event: AgentEvent): object {
  return { ...withWireNames(event), agent: withWireNames(event.agent) }
}

/** Converts an entry to the format of `GET /maintenance`. */
export function wireMaintenance(entry: MaintenanceEntry): object {
  return withWireNames(entry)
}

/** Absent on the wire if there is nothing to say. */
const OPTIONAL = new Set(['owner', 'actor'])

/** Renames top-level properties only: the keys of the metadata stay unchanged. */
function withWireNames(value: object): object {
  const given = Object.entries(value).filter(([name, it]) => it !== null || !OPTIONAL.has(name))
  const renamed = given.map(([name, it]) => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    it,
  ])
  return Object.fromEntries(renamed)
}
