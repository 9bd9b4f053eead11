import { RefusedCredential } from '../authenticator.ts'
import type { Jose } from './jose.ts'

/** What is wrong with claims, for callers: who has a token can read it anyway. */
const CLAIMS: Readonly<Record<string, string>> = {
  iss: 'is of another issuer',
  aud: 'is for another audience',
  exp: 'has no valid expiry',
  nbf: 'is not valid yet',
}

/** Converts an error of the library to the reason why a token is refused. */
export function refusalOf(error: unknown, { errors }: Jose): RefusedCredential {
  return new RefusedCredential(reasonOf(error, errors))
}

function reasonOf(error: unknown, errors: Jose['errors']): string {
  if (error instanceof errors.JWTExpired) return 'has expired'
  if (error instanceof errors.JWTClaimValidationFailed) {
    return CLAIMS[error.claim] ?? 'has an invalid claim'
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'has a signature of a kind that is not allowed'
  if (error instanceof errors.JWKSNoMatchingKey) return 'is signed with an unknown key'
  if (error instanceof errors.JWKSMultipleMatchingKeys)
    return 'does not say which key has signed it'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'has a wrong signature'
  return 'is not a valid JSON Web Token'
}
