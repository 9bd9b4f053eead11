import type { Agent, AgentEvent, MaintenanceEntry } from '@rollcall/client'
import { Agent as WireAgent } from '@rollcall/protocol'

// JSON output uses the field names of the HTTP interface.

const REQUIRED: ReadonlySet<string> = new Set(WireAgent.required)

/** Converts an agent to the format of `GET /agents/{id}`: without the optional fields that it lacks. */
export function wireAgent(agent: Agent): object {
  const fields = Object.entries(withWireNames(agent))
  return Object.fromEntries(fields.filter(([name, it]) => it !== null || REQUIRED.has(name)))
}

/** Converts an event to the format of `GET /events`. */
export function wireEvent(event: AgentEvent): object {
  return { ...withWireNames(event), agent: wireAgent(event.agent) }
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
