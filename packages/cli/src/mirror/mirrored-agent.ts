import { createHash } from 'node:crypto'
import { AGENT_ID_PATTERN, DETAIL_SCHEMAS, LIMITS, type Registration } from '@rollcall/protocol'
import type { Offer } from './document.ts'

const IDENTIFIER = new RegExp(DETAIL_SCHEMAS.identifier.schema.pattern ?? '')
const AGENT_ID = new RegExp(AGENT_ID_PATTERN)
const URN_PREFIX = 'urn:air:'
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/**
 * Returns the id of a mirrored agent: the same as long as its identifier, or the URL of its card, is.
 *
 * @param source the URL of the manifest, for a card that is in it
 */
export function mirroredId(offer: Offer, prefix: string, source: string): string {
  const { identifier, cardUrl, name } = offer
  if (identifier?.startsWith(URN_PREFIX)) {
    const id = prefix + identifier.slice(URN_PREFIX.length)
    if (id.length <= LIMITS.agentIdCharacters && AGENT_ID.test(id)) return id
  }
  const key = identifier ?? cardUrl ?? `${source} ${name}`
  const digest = createHash('sha256').update(key).digest('hex').slice(0, 16)
  const host = new URL(cardUrl ?? source).host.replaceAll(/[^A-Za-z0-9.-]/g, '.').slice(0, 100)
  return `${prefix}${host}:${digest}`
}

/** Returns the registration of a mirrored agent; what it leaves out, the registry takes from the card. */
export function mirroredRegistration(
  offer: Offer,
  parts: { agentId: string; card: string; endpoint: string; source: string; ttlSeconds: number },
): Registration {
  const { hostname, port, protocol } = new URL(parts.endpoint)
  const { identifier, cardUrl, name, tags } = offer
  const { name: nameOfCard } = Object(JSON.parse(parts.card)) as { name?: unknown }
  const isNameless = typeof nameOfCard !== 'string' || nameOfCard === ''
  return {
    agent_id: parts.agentId,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (DEFAULT_PORTS[protocol] ?? 80) : Number(port),
    url: parts.endpoint,
    ttl_seconds: parts.ttlSeconds,
    card: parts.card,
    metadata: { mirrored_from: parts.source },
    ...(isNameless && { agent_name: name ?? parts.agentId }),
    ...(identifier !== undefined && isIdentifier(identifier) && { identifier }),
    ...(cardUrl !== undefined && cardUrl.length <= LIMITS.urlCharacters && { card_url: cardUrl }),
    // A card of A2A has its own.
    ...(tags.length > 0 && !hasSkills(parts.card) && { tags: usableTags(tags) }),
  } as Registration
}

function isIdentifier(text: string): boolean {
  return text.length <= (DETAIL_SCHEMAS.identifier.schema.maxLength ?? 0) && IDENTIFIER.test(text)
}

function hasSkills(card: string): boolean {
  return Array.isArray(Object(JSON.parse(card)).skills)
}

function usableTags(tags: readonly string[]): string[] {
  const usable = tags.filter((tag) => tag.length <= LIMITS.tagCharacters && !/\p{Cc}/u.test(tag))
  return [...new Set(usable)].slice(0, LIMITS.tags)
}
