import { createHash } from 'node:crypto'
import { mapDetails } from '@rollcall/protocol'
import type { AgentCard } from '../../domain/agent-card.ts'
import type { AgentRegistration } from '../../domain/agent-registration.ts'
import type { Maintenance } from '../../domain/maintenance.ts'

/** An agent in the model. `deadline` is on the monotonic clock. */
export interface NaiveAgent {
  /** Its last registered and reported values, with defaults. */
  fields: Required<AgentRegistration>
  registeredAtMs: number
  updatedAtMs: number
  /** Undefined: not defined by the contract; see {@link NaiveRegistry.restart}. */
  lastHeartbeatMs: number | undefined
  wallSteppedSince: boolean
  deadline: number
  expired: boolean
  /** Held back by the brake. Kept when it expires. */
  suspect: boolean
  /** What operators have decided about it. */
  maintenance: Maintenance | null
  revision: number
  /** Number of instances that have registered it. */
  incarnation: number
  /** The principal that it belongs to. */
  owner: string | null
}

/** Completes a registration of an agent. */
export function withDefaults(
  given: AgentRegistration,
  before?: NaiveAgent,
): Required<AgentRegistration> {
  const { metadata } = given
  const parsed = typeof metadata === 'string' ? JSON.parse(metadata) : metadata
  const earlier = given.instanceId == null ? before?.fields : undefined
  return {
    ...given,
    ttlSeconds: given.ttlSeconds ?? 60,
    metadata: metadata ?? null,
    capabilities: given.capabilities ?? parsed?.capabilities ?? [],
    version: given.version ?? null,
    details: withoutGaps(given.details),
    tags: [...new Set(given.tags)],
    // A registration that says nothing of the card keeps it.
    card: given.card === undefined ? (before?.fields.card ?? null) : given.card,
    url: given.url ?? `http://${given.host}:${given.port}`,
    // A registration of an instance is the whole truth.
    status: given.status ?? earlier?.status ?? 'ready',
    load: given.load === undefined ? (earlier?.load ?? null) : given.load,
    instanceId: given.instanceId ?? null,
  }
}

/** Returns what filters examine, with metadata as given. */
export function stateOfNaiveAgent(agent: NaiveAgent): Record<string, unknown> {
  const { fields, suspect, maintenance, owner, expired } = agent
  const { agentName, capabilities, details, tags, metadata, status } = fields
  const card = naiveSummaryOf(fields.card)
  const searched = { agentName, capabilities, details, tags, card, metadata }
  return { ...searched, status, suspect, maintenance, owner, alive: !expired }
}

/** Returns what the record holds of a card. */
export function naiveSummaryOf(card: AgentCard | null | undefined): object | null {
  if (!card) return null
  const { text, format, words = '' } = card
  return { digest: createHash('sha256').update(text).digest('base64url'), format, words }
}

function withoutGaps(given: AgentRegistration['details'] = {}) {
  return mapDetails(({ name }) => given[name] ?? null)
}

export function ttlMs({ ttlSeconds = 60 }: AgentRegistration): number {
  return ttlSeconds * 1000
}

/** Returns all values whose change is a transition: all except the load, and a status that maintenance hides. */
export function visible({ fields, suspect, maintenance, owner }: NaiveAgent): string {
  const { load, ...rest } = fields
  const status = maintenance ? 'draining' : fields.status
  return JSON.stringify(
    Object.entries({ ...rest, status, suspect, maintenance, owner }).toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    ),
  )
}
