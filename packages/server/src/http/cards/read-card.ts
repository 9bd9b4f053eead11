import type { CardFormat, CardWarning, ProblemPointer } from '@rollcall/protocol'
import type { AgentCard } from '../../domain/agent-card.ts'
import { pointerSegment } from '../../domain/json-flaw.ts'
import { findPrecisionLoss } from '../bodies/json-precision.ts'
import { validationFailed } from '../requests/validation.ts'
import { type CardFacts, describeA2aCard } from './a2a-card.ts'
import { describeServerCard } from './mcp-server-card.ts'

/** A card whose text has been checked. */
export interface ReadCard extends AgentCard {
  readonly format: CardFormat
  /** What the card says of its agent. */
  readonly facts: CardFacts
  /** What is unusual in it. */
  readonly warnings: readonly CardWarning[]
}

/** Deeper cards are refused: programs that read them with a recursive parser would fail. */
const MAX_DEPTH = 64

/**
 * Reads a card, whose size the store checks, and refuses what its readers could not read, or would read differently from each other.
 *
 * @param place the pointer to the card in the request: empty if the card is the body
 * @throws HttpProblem `VALIDATION_FAILED` with pointers
 */
export function readCard(text: string, place: '' | '/card'): ReadCard {
  const fail = (errors: readonly ProblemPointer[]) =>
    validationFailed(errors.map(({ pointer, message }) => ({ pointer: place + pointer, message })))
  const card = parse(text)
  if (typeof card !== 'object' || card === null || Array.isArray(card)) {
    throw fail([{ pointer: '', message: 'must be a JSON object' }])
  }
  const flaw = findFlaw(card) ?? findPrecisionLoss(text, card)
  if (flaw) throw fail([flaw])
  const members = card as Record<string, unknown>
  const { errors, ...described } = describeServerCard(members) ?? describeA2aCard(members)
  if (errors.length > 0) throw fail(errors)
  return { text, ...described }
}

/** Undefined: it is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Finds a value that parsers of other languages reject, or read as something else. Does not recurse. */
function findFlaw(card: object): ProblemPointer | undefined {
  const stack: { value: unknown; pointer: string; depth: number }[] = [
    { value: card, pointer: '', depth: 1 },
  ]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { value, pointer, depth } = next
    if (typeof value === 'string' && !value.isWellFormed()) {
      return { pointer, message: 'contains an unpaired surrogate' }
    }
    if (typeof value !== 'object' || value === null) continue
    if (depth > MAX_DEPTH) return { pointer, message: `is nested deeper than ${MAX_DEPTH} levels` }
    for (const [key, inner] of Object.entries(value)) {
      const at = pointer + pointerSegment(key)
      if (key === '__proto__') return { pointer: at, message: 'is not allowed as a key' }
      if (!key.isWellFormed()) return { pointer, message: 'has a key with an unpaired surrogate' }
      stack.push({ value: inner, pointer: at, depth: depth + 1 })
    }
  }
  return undefined
}
