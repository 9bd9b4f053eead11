import type { Agent, AgentEvent } from '@rollcall/client'

// JSON from the command has the names of the HTTP interface: whoever knows one knows the other.

/** An agent as `GET /agents/{id}` has it. */
export function wireAgent(agent: Agent): object {
  return withWireNames(agent)
}

/** An event as `GET /events` has it. */
export function wireEvent(event: AgentEvent): object {
  return { ...withWireNames(event), agent: withWireNames(event.agent) }
}

/** Only of the object itself: what an agent put into its metadata keeps its names. */
function withWireNames(value: object): object {
  const renamed = Object.entries(value).map(([name, it]) => [
    name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
    it,
  ])
  return Object.fromEntries(renamed)
}
