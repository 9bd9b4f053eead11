import type { AgentDetails } from '@rollcall/protocol'
import type { CardSummary } from './agent-card.ts'
import { completeDetails, NO_TAGS } from './details.ts'
import { InternCache } from './intern-cache.ts'

/** The fields of a profile that most agents lack: stores keep them in one column, as JSON. */
export interface OptionalFields {
  /** Texts that describe the agent. */
  readonly details: AgentDetails
  /** Words by which people look for the agent. */
  readonly tags: readonly string[]
  /** What is known of its card; null: it has none. */
  readonly card: CardSummary | null
}

const NO_FIELDS: OptionalFields = Object.freeze({
  details: completeDetails(null),
  tags: NO_TAGS,
  card: null,
})
/** By their JSON, without a card. */
const sharedFields = new InternCache<OptionalFields>()
const sharedSummaries = new InternCache<Pick<CardSummary, 'format' | 'words'>>()

/** Encodes the fields that an agent has as JSON for a column; null: none. */
export function encodeOptionalFields({ details, tags, card }: OptionalFields): string | null {
  if (details === NO_FIELDS.details && tags.length === 0 && card === null) return null
  const reported = Object.entries(details).filter(([, value]) => value !== null)
  if (reported.length === 0 && tags.length === 0 && card === null) return null
  return JSON.stringify({
    ...Object.fromEntries(reported),
    tags: tags.length === 0 ? undefined : tags,
    card: card === null ? undefined : toMembers(card),
  })
}

/** In the order in which they are decoded. */
function toMembers({ digest, format, words }: CardSummary): CardSummary {
  return { digest, format, words }
}

/** Reverses {@link encodeOptionalFields}; agents share what they have in common. */
export function decodeOptionalFields(json: string | null): OptionalFields {
  if (json === null) return NO_FIELDS
  const at = json.indexOf(CARD_KEY)
  if (at === -1) return sharedFields.getOrCreate(json, decode)
  // The last member. Only its digest is another one for each agent: the rest is found as a text, which is not parsed.
  const others = at === 1 ? NO_FIELDS : decodeOptionalFields(`${json.slice(0, at - 1)}}`)
  const rest = json.indexOf(',', at)
  const { format, words } = sharedSummaries.getOrCreate(json.slice(rest + 1, -2), decodeSummary)
  const { digest } = JSON.parse(`${json.slice(at + CARD_KEY.length, rest)}}`)
  return { details: others.details, tags: others.tags, card: { digest, format, words } }
}

/** Within a text of the JSON, its quotation marks would be escaped. */
const CARD_KEY = '"card":'

function decodeSummary(members: string): Pick<CardSummary, 'format' | 'words'> {
  return JSON.parse(`{${members}}`)
}

/** Returns equal fields that other agents share. */
export function sharedFieldsOf(fields: Omit<OptionalFields, 'card'>): OptionalFields {
  return decodeOptionalFields(encodeOptionalFields({ ...fields, card: null }))
}

function decode(json: string): OptionalFields {
  const { tags, ...details } = JSON.parse(json)
  return Object.freeze({
    details: Object.freeze(completeDetails(details)),
    tags: tags ? Object.freeze(tags) : NO_TAGS,
    card: null,
  })
}
