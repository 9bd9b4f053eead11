import type { CardSummary, SummarizedCard } from './agent-card.ts'
import type { AgentProfile } from './agent-registration.ts'
import type { PerformedIntent } from './intent.ts'
import type { Lease } from './lease.ts'

/** Returns what is known of the card after a change. */
export function cardAfter(
  given: SummarizedCard | null | undefined,
  before: Lease | undefined,
): CardSummary | null {
  return given === undefined ? (before?.profile.card ?? null) : (given?.summary ?? null)
}

/** Returns the same profile unless its card differs. */
export function profileWithCard(profile: AgentProfile, card: CardSummary | null): AgentProfile {
  return profile.card === card ? profile : { ...profile, card }
}

/** Returns the text of the card to keep from now on; null: its card is removed; undefined: it stays as it is. */
export function cardToWrite(
  intent: PerformedIntent,
  { before, gone }: { before: Lease | undefined; gone: boolean },
): string | null | undefined {
  const card = before?.profile.card ?? null
  if (gone) return card === null ? undefined : null
  if (intent.event !== 'register' && intent.event !== 'setCard') return undefined
  const given = intent.card
  if (given === undefined || given?.summary.digest === card?.digest) return undefined
  return given?.text ?? null
}
