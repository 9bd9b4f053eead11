import { toNewCard } from './new-card.ts'
import { toOldCard } from './old-card.ts'

/** A card as the registry keeps it. */
export interface KeptCard {
  readonly text: string
  /** See `AgentCard.format`. */
  readonly format: string
}

/**
 * Returns the text of a card for a client: as it is, unless the client could not read that.
 *
 * @param version the header `A2A-Version` of the request; clients of 0.3 send none
 */
export function projectCard({ text, format }: KeptCard, version: unknown): string {
  if (format === 'a2a-0.3' && isNew(version)) return toNewCard(text) ?? text
  if (format === 'a2a-1.0' && !isNew(version)) return toOldCard(text) ?? text
  return text
}

function isNew(version: unknown): boolean {
  return typeof version === 'string' && /^[1-9]\d*(?:\.|$)/.test(version.trim())
}
