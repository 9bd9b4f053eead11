import { ERROR_CODES, type Scope } from '@rollcall/protocol'
import type { Principal } from '../../access/principal.ts'
import { HttpProblem, shorten } from '../responses/problem.ts'

/** Why a caller is unknown; the error code is that of RFC 6750. */
const CHALLENGES = {
  missing: 'Bearer realm="rollcall", Basic realm="rollcall"',
  invalid: 'Bearer realm="rollcall", error="invalid_token", Basic realm="rollcall"',
} as const

/** Creates the error of a request whose caller is not known, or is anonymous and may not do this. */
export function unauthenticated(
  needed: Scope,
  { isAnonymous }: { isAnonymous: boolean },
): HttpProblem {
  const why = isAnonymous
    ? `The request has no token; it needs one with the scope ${needed}.`
    : 'The token of the request is unknown, revoked or expired.'
  const challenge = isAnonymous ? CHALLENGES.missing : CHALLENGES.invalid
  return new HttpProblem('UNAUTHENTICATED', `${why} ${ERROR_CODES.UNAUTHENTICATED.remedy}`, {
    headers: { 'www-authenticate': challenge },
  })
}

/** Creates the error of a store that keeps no tokens. */
export function tokensUnsupported(): HttpProblem {
  return new HttpProblem('TOKENS_UNSUPPORTED', ERROR_CODES.TOKENS_UNSUPPORTED.remedy)
}

/** Creates the error of a request that needs another scope. */
export function forbiddenScope({ name, scope }: Principal, needed: Scope): HttpProblem {
  return new HttpProblem(
    'FORBIDDEN',
    `The request needs the scope ${needed}; that of "${name}" is ${scope}.`,
  )
}

/** Creates the error of a request about an agent that the patterns of its caller do not cover. */
export function forbiddenAgent({ name, patterns }: Principal, agentId: string): HttpProblem {
  const covered = shorten(patterns.join(', '))
  return new HttpProblem(
    'FORBIDDEN',
    `"${name}" may not change agent ${shorten(agentId)}: it may change only ${covered}.`,
  )
}
