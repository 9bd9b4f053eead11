import type { CardSignature, CardVerification } from '@rollcall/protocol'
import type { FlattenedVerifyGetKey } from 'jose'
import { JWT_ALGORITHMS } from '../../../access/jwt/jwt-options.ts'
import { CARD_LIMITS } from '../../../limits/card-limits.ts'
import type { CardKeys } from './card-keys.ts'
import { type SignatureEntry, signatureHeader } from './signature-header.ts'
import { signedPayloads } from './signed-payloads.ts'

type Json = Readonly<Record<string, unknown>>

/** What came of one signature, and why. */
type Outcome = Pick<CardSignature, 'result' | 'reason'>

/** Verifies the signatures of cards, when somebody asks. */
export class CardVerifier {
  readonly #keys: CardKeys

  constructor(keys: CardKeys) {
    this.#keys = keys
  }

  /** Returns what is known of the signatures of a card. Does not throw: a card that is forged is a result. */
  async verify(card: Json): Promise<Pick<CardVerification, 'result' | 'signatures'>> {
    const entries = Array.isArray(card.signatures) ? (card.signatures as SignatureEntry[]) : []
    const signatures = await Promise.all(
      entries.slice(0, CARD_LIMITS.cardSignatures.value).map((entry) => this.#check(card, entry)),
    )
    return { result: resultOf(signatures), signatures }
  }

  async #check(card: Json, entry: SignatureEntry): Promise<CardSignature> {
    const header = signatureHeader(entry)
    if (header === undefined) {
      return { result: 'invalid', reason: 'its protected header cannot be read' }
    }
    return { ...header, ...(await this.#outcomeOf(card, entry, header.key_url)) }
  }

  async #outcomeOf(card: Json, entry: SignatureEntry, url: string | undefined): Promise<Outcome> {
    if (url === undefined) return unchecked('its header names no address of keys (jku)')
    if (!this.#keys.allows(url)) {
      return unchecked('its keys are at an origin that the operator has not allowed')
    }
    const keys = await this.#keys.at(url).catch((error: Error) => error)
    if (keys instanceof Error) return unchecked(keys.message)
    const { flattenedVerify } = await import('jose')
    const algorithms = [...JWT_ALGORITHMS]
    const findKey: FlattenedVerifyGetKey = (header, token) => keys.find({ ...header }, token)
    let reason = ''
    for (const payload of await signedPayloads(card)) {
      const jws = { ...entry, payload: Buffer.from(payload).toString('base64url') }
      try {
        await flattenedVerify(jws, findKey, { algorithms })
        return { result: 'valid' }
      } catch (error) {
        reason = (error as Error).message
      }
    }
    return { result: 'invalid', reason }
  }
}

function unchecked(reason: string): Outcome {
  return { result: 'unchecked', reason }
}

/** One valid signature is enough, as for the SDKs: each vouches for the whole card. */
function resultOf(signatures: readonly CardSignature[]): CardVerification['result'] {
  const results = new Set(signatures.map(({ result }) => result))
  if (results.has('valid')) return 'valid'
  if (results.has('invalid')) return 'invalid'
  return results.has('unchecked') ? 'unchecked' : 'unsigned'
}
