import { NO_DETAILS } from '@rollcall/protocol'
import { AgentRecord } from '../../../src/domain/agent-record.ts'
import type { FilterableState } from '../../../src/domain/query/agent-filter.ts'
import type { Transition, TransitionType } from '../../../src/domain/transition.ts'

/** The short form of an agent: `alive ready x` has the capability x, `dead busy` has none. */
export type AgentSketch = `${'alive' | 'dead'} ${'ready' | 'busy'}${'' | ' x'}`

/** Where a transition happens; default: revision 1, agent `a`. */
interface Place {
  readonly revision?: number
  readonly agentId?: string
}

/** Returns a transition between two states in short form; undefined for an absent agent. */
export function transitionOf(
  type: TransitionType,
  { before, after }: { before: AgentSketch | undefined; after: AgentSketch },
  place?: Place,
): Transition {
  const states = { before: before && stateOfSketch(before), after: stateOfSketch(after) }
  return transitionBetween(type, states, place)
}

/** Returns a transition between two states; undefined for an absent agent. */
export function transitionBetween(
  type: TransitionType,
  { before, after }: { before: FilterableState | undefined; after: FilterableState },
  place: Place = {},
): Transition {
  const { revision = 1, agentId = 'a' } = place
  const atMs = Date.UTC(2026, 0, 1, 12)
  const agent = new AgentRecord({
    ...after,
    agentId,
    host: 'h',
    port: 1,
    url: 'http://h:1',
    version: null,
    ttlSeconds: 10,
    load: null,
    instanceId: null,
    incarnation: 1,
    owner: null,
    registeredAtMs: atMs,
    updatedAtMs: atMs,
    lastHeartbeatMs: atMs,
    expiresAtMs: atMs + 10_000,
    revision,
  })
  const previous = before && { ...before, owner: null }
  return { revision, type, agentId, atMs, reason: 'because', actor: null, agent, before: previous }
}

function stateOfSketch(sketch: AgentSketch): FilterableState {
  const [life, status, capability] = sketch.split(' ')
  return {
    agentName: 'A',
    capabilities: capability === undefined ? [] : [capability],
    details: NO_DETAILS,
    tags: [],
    card: null,
    metadata: null,
    status: status === 'busy' ? 'busy' : 'ready',
    suspect: false,
    maintenance: null,
    alive: life === 'alive',
  }
}
