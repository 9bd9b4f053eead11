import type { AgentRecord } from '../../../domain/agent-record.ts'
import { viewStatus } from '../../../domain/query/agent-filter.ts'
import { SERVER_CARD_TYPE } from '../../../operations/mcp-registry-operations.ts'
import { isoTime } from '../../agents/iso-time.ts'
import type { CatalogAddress } from '../catalog-address.ts'
import type { CatalogSettings } from '../catalog-settings.ts'

/** The namespace of the terms that say whether an agent is alive; ours, and of no standard. */
export const LIVE_NAMESPACE = 'https://rollcall.dev/ns/live#'
/** The media type of an A2A card. */
const A2A_CARD_TYPE = 'application/a2a-agent-card+json'
/** The media type of the record of an agent. */
const RECORD_TYPE = 'application/vnd.rollcall.agent+json'
/** Where AI Catalog keeps what it does not know. */
const METADATA_EXTENSION = 'https://ai-catalog.org/extensions/metadata'
const CONTEXT = { live: LIVE_NAMESPACE }

/** An entry of a catalog. */
export interface CatalogEntry {
  readonly identifier: string
  readonly displayName: string
  readonly type: string
  readonly url: string
  readonly [term: string]: unknown
}

/** Describes agents as entries of a catalog. */
export class CatalogEntries {
  readonly #settings: CatalogSettings
  readonly #address: CatalogAddress
  readonly #prefix: string

  constructor(settings: CatalogSettings, address: CatalogAddress) {
    this.#settings = settings
    this.#address = address
    this.#prefix = `urn:air:${address.publisher}:agent:`
  }

  /** Returns the identifier that the publisher of an agent gave it, or the one that the registry derives. */
  identifierOf({ agentId, details }: Pick<AgentRecord, 'agentId' | 'details'>): string {
    return details.identifier ?? this.#prefix + agentId
  }

  /** Returns the id of the agent for which an identifier was derived; undefined: it was not. */
  agentIdOf(identifier: string): string | undefined {
    return identifier.startsWith(this.#prefix) ? identifier.slice(this.#prefix.length) : undefined
  }

  /** Describes an agent. */
  of(agent: AgentRecord): CatalogEntry {
    const { description } = agent.details
    const metadata = this.#settings.showsMetadata ? scalarsOf(agent) : undefined
    return {
      '@context': CONTEXT,
      identifier: this.identifierOf(agent),
      displayName: agent.agentName,
      ...this.#locationOf(agent),
      ...(description !== null && { description }),
      ...(agent.tags.length > 0 && { tags: agent.tags }),
      ...(agent.capabilities.length > 0 && { capabilities: agent.capabilities }),
      ...(agent.version !== null && { version: agent.version }),
      updatedAt: isoTime(agent.updatedAtMs),
      ...(metadata && { metadata, extensions: { [METADATA_EXTENSION]: metadata } }),
      'live:status': viewStatus(agent),
      'live:isAlive': agent.alive,
      'live:ttlSeconds': agent.ttlSeconds,
    }
  }

  #locationOf(agent: AgentRecord): { type: string; url: string } {
    const record = `${this.#address.base}/agents/${encodeURIComponent(agent.agentId)}`
    const type = typeOf(agent)
    const { hasMcpRegistry, cards } = this.#settings
    // The MCP Registry API serves server cards.
    const isServed = type !== SERVER_CARD_TYPE || hasMcpRegistry || agent.card !== null
    if (type === RECORD_TYPE || !isServed) return { type: RECORD_TYPE, url: record }
    const { cardUrl } = agent.details
    if (cardUrl !== null && (cards === 'own' || !hasCardHere(agent))) {
      return { type, url: cardUrl }
    }
    const isServerCard = type === SERVER_CARD_TYPE && hasMcpRegistry
    return { type, url: `${record}/${isServerCard ? 'server-card' : 'card'}` }
  }
}

/** Returns the media type of what describes an agent. */
export function typeOf(agent: Pick<AgentRecord, 'details' | 'card'>): string {
  const { protocol, cardUrl } = agent.details
  if (protocol === 'mcp') return SERVER_CARD_TYPE
  return protocol === 'a2a' && (agent.card !== null || cardUrl !== null)
    ? A2A_CARD_TYPE
    : RECORD_TYPE
}

/** The registry makes the card of an MCP server if it has none. */
function hasCardHere({ card, details }: AgentRecord): boolean {
  return card !== null || details.protocol === 'mcp'
}

/** ARD allows no objects in metadata. */
function scalarsOf({ metadataValue }: AgentRecord): Record<string, unknown> | undefined {
  if (typeof metadataValue !== 'object' || metadataValue === null) return undefined
  const scalars = Object.entries(metadataValue).filter(([, value]) => Object(value) !== value)
  return scalars.length > 0 ? Object.fromEntries(scalars) : undefined
}
