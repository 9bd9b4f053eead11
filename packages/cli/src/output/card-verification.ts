import type { CardVerification } from '@rollcall/protocol'
import { printDetails } from './details.ts'

type Signature = CardVerification['signatures'][number]

/** Prints what the registry says of the signatures of a card. */
export async function printVerification(verification: CardVerification): Promise<void> {
  const { result, signatures } = verification
  const lines = signatures.map((each, at): [string, string] => [
    `signature ${at + 1}`,
    describeSignature(each),
  ])
  await printDetails([['result', result], ...lines])
}

function describeSignature(signature: Signature): string {
  const { result, reason, algorithm, key_id: key, key_url: url } = signature
  const named = [algorithm, key && `key ${key}`, url && `published at ${url}`].filter(Boolean)
  return [result, reason, named.join(', ')].filter(Boolean).join('; ')
}
