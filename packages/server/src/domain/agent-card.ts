import { InternCache } from './intern-cache.ts'

/**
 * The card of an agent: a document that describes it to the clients of some protocol. The registry keeps its text
 * as it is, beside the record; what the card means is the business of those who read and serve it.
 */
export interface AgentCard {
  /** The card as it was sent, at most 64 KiB in UTF-8. */
  readonly text: string
  /** What kind of card it is, such as `a2a-1.0`; at most 64 characters. */
  readonly format: string
  /** What text search finds beyond the fields of the agent, such as the names of its skills; default: nothing. */
  readonly words?: string | undefined
}

/** What a record holds of a card. */
export interface CardSummary {
  /** SHA-256 of the text, in base64url. */
  readonly digest: string
  /** See {@link AgentCard.format}. */
  readonly format: string
  /** See {@link AgentCard.words}; at most 1024 characters. */
  readonly words: string
}

/** A card with its summary, as a change of an agent carries it. */
export interface SummarizedCard {
  /** See {@link AgentCard.text}. */
  readonly text: string
  /** What the record of its agent holds of it. */
  readonly summary: CardSummary
}

const sharedTexts = new InternCache<string>()

/**
 * Returns an equal summary that shares its texts with others: agents of one kind have the same skills. Nor do its words
 * keep the text in memory that they are a part of, as V8 copies the key of a map.
 */
export function sharingTexts({ digest, format, words }: CardSummary): CardSummary {
  return Object.freeze({ digest, format: shared(format), words: shared(words) })
}

function shared(text: string): string {
  return sharedTexts.getOrCreate(text, () => text)
}

/** Whether two summaries are of the same card. */
export function sameCard(
  { card: a }: { readonly card: CardSummary | null },
  { card: b }: { readonly card: CardSummary | null },
): boolean {
  return a === b || (a?.digest === b?.digest && a?.format === b?.format && a?.words === b?.words)
}
