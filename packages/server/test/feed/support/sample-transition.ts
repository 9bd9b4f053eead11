import { AgentRecord } from '../../../src/domain/agent-record.ts'
import type { FilterableState } from '../../../src/domain/query/agent-filter.ts'
import type { Transition, TransitionType } from '../../../src/domain/transition.ts'

/** The short form of an agent: `alive ready x` has the capability x, `dead busy` has none. */
export type AgentSketch = `${'alive' | 'dead'} ${'ready' | 'busy'}${'' | ' x'}`

/** Returns a transition between two states in short form; undefined for an absent agent. */
export function transitionOf(
  type: TransitionType,
  states: { before: AgentSketch | undefined; after: AgentSketch },
  place: { revision?: number; agentId?: string } = {},
): Transition {
  const { revision = 1, agentId = 'a' } = place
  const atMs = Date.UTC(2026, 0, 1, 12)
  const agent = new AgentRecord({
    ...filterableStateOf(states.after),
    agentId,
    host: 'h',
    port: 1,
    url: 'http://h:1',
    version: null,
    ttlSeconds: 10,
    load: null,
    registeredAtMs: atMs,
    lastHeartbeatMs: atMs,
    expiresAtMs: atMs + 10_000,
    revision,
  })
  const before = states.before && filterableStateOf(states.before)
  return { revision, type, agentId, atMs, reason: 'because', agent, before }
}

function filterableStateOf(sketch: AgentSketch): FilterableState {
  const [life, status, capability] = sketch.split(' ')
  return {
    agentName: 'A',
    capabilities: capability === undefined ? [] : [capability],
    metadata: null,
    status: status === 'busy' ? 'busy' : 'ready',
    alive: life === 'alive',
  }
}
