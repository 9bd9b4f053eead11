import { canonicalJson } from './canonical-json.ts'

/**
 * Returns what the signatures of a card may be of: the members that A2A 1.0 knows, without empty ones, as the SDKs sign
 * and verify it; and the whole card, as the specification reads, and as signers do that use no SDK.
 */
export async function signedPayloads(card: Readonly<Record<string, unknown>>): Promise<string[]> {
  const { signatures: _, ...unsigned } = card
  const payloads = [canonicalJson(unsigned)]
  // Loaded only if a card is verified.
  const { AgentCard, canonicalizeAgentCard } = await import('@a2a-js/sdk')
  try {
    payloads.unshift(canonicalizeAgentCard(AgentCard.fromJSON(card)))
  } catch {
    // The card has something that the SDK cannot read: then no client has verified it so, either.
  }
  return payloads
}
