import { endpointOf } from './endpoint.ts'

/** The media types of entries that are read. */
const A2A_TYPE = 'application/a2a-agent-card+json'
const MCP_TYPE = 'application/mcp-server-card+json'
const CATALOG_TYPE = 'application/ai-catalog+json'

/** An agent that a manifest offers. */
export interface Offer {
  /** The name that its publisher gave it: `urn:air:…`; undefined: none that is valid. */
  readonly identifier: string | undefined
  /** Where its card is; undefined: in the manifest itself. */
  readonly cardUrl: string | undefined
  /** The card, if it is in the manifest itself. */
  readonly card: string | undefined
  readonly name: string | undefined
  readonly tags: readonly string[]
}

/** What is at a URL. */
export type MirroredDocument =
  | { readonly kind: 'card' }
  | { readonly kind: 'manifest'; readonly entries: readonly ManifestEntry[] }

/** An entry of a manifest. */
export type ManifestEntry =
  | { readonly kind: 'offer'; readonly offer: Offer }
  | { readonly kind: 'manifest'; readonly url: string }
  | { readonly kind: 'skipped'; readonly name: string; readonly reason: string }

type Json = Readonly<Record<string, unknown>>

/**
 * Recognizes a manifest of ARD or AI Catalog, or a card.
 *
 * @param url where the text is from: URLs of entries may be relative to it
 * @throws Error that says what is wrong with it
 */
export function readDocument(text: string, url: string): MirroredDocument {
  const json = parse(text)
  if (json === undefined) throw new Error('it is not JSON')
  if (!isObject(json)) throw new Error('it is not a JSON object')
  const { entries } = json
  if (entries === undefined) {
    if (endpointOf(json) !== undefined) return { kind: 'card' }
    throw new Error('it is neither a manifest, which has entries, nor the card of an agent')
  }
  if (!Array.isArray(entries)) throw new Error('its entries are not a list')
  return { kind: 'manifest', entries: entries.map((entry) => readEntry(entry, url)) }
}

function readEntry(entry: unknown, base: string): ManifestEntry {
  if (!isObject(entry)) return { kind: 'skipped', name: '?', reason: 'it is not an object' }
  const { identifier, displayName, type, data, tags } = entry
  const name = textIn(displayName) ?? textIn(identifier) ?? '?'
  const skip = (reason: string): ManifestEntry => ({ kind: 'skipped', name, reason })
  const url = typeof entry.url === 'string' ? URL.parse(entry.url, base)?.href : undefined
  if (type === CATALOG_TYPE) return url ? { kind: 'manifest', url } : skip('it has no valid url')
  if (type !== A2A_TYPE && type !== MCP_TYPE) return skip(`its type ${String(type)} is no agent`)
  if (url === undefined && !isObject(data)) return skip('it has neither a valid url nor data')
  const offer = {
    identifier: textIn(identifier),
    cardUrl: url,
    card: url === undefined ? JSON.stringify(data) : undefined,
    name: textIn(displayName),
    tags: Array.isArray(tags) ? tags.filter((tag) => textIn(tag) !== undefined) : [],
  }
  return { kind: 'offer', offer }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
