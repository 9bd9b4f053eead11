import { ERROR_CODES, type Scope } from '@rollcall/protocol'
import type { RefusedCredential } from '../../access/authenticator.ts'
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
  return isAnonymous
    ? challenge(`The request has no token; it needs one with the scope ${needed}.`, 'missing')
    : challenge('The token of the request is unknown, revoked or expired.', 'invalid')
}

/** Creates the error of a request whose credential is certainly not valid; `message` says why. */
export function refused({ credential, message }: RefusedCredential): HttpProblem {
  return challenge(`The ${credential} ${message}.`, 'invalid')
}

function challenge(why: string, kind: keyof typeof CHALLENGES): HttpProblem {
  return new HttpProblem('UNAUTHENTICATED', `${why} ${ERROR_CODES.UNAUTHENTICATED.remedy}`, {
    headers: { 'www-authenticate': CHALLENGES[kind] },
  })
}

/** Creates the error of a store that keeps no tokens. */
export function tokensUnsupported(): HttpProblem {
  return new HttpProblem('TOKENS_UNSUPPORTED', ERROR_CODES.TOKENS_UNSUPPORTED.remedy)
}

/** Creates the error of a request that needs another scope. */
export function forbiddenScope({ name, scope }: Principal, needed: Scope): HttpProblem {
  const has =
    scope === 'none'
      ? `"${name}" is known, but no rule of the registry says what it may do`
      : `that of "${name}" is ${scope}`
  return new HttpProblem('FORBIDDEN', `The request needs the scope ${needed}; ${has}.`)
}

/** Creates the error of a request for something about all agents, of a caller that sees only some. */
export function forbiddenTotals({ name, reads = [] }: Principal): HttpProblem {
  const visible = shorten(reads.join(', '))
  return new HttpProblem(
    'FORBIDDEN',
    `The response is about all agents; "${name}" sees only ${visible}.`,
  )
}

/** Creates the error of a request about an agent that the patterns of its caller do not cover. */
export function forbiddenAgent({ name, patterns }: Principal, agentId: string): HttpProblem {
  const covered = patterns.length === 0 ? 'no agent' : `only ${shorten(patterns.join(', '))}`
  return new HttpProblem(
    'FORBIDDEN',
    `"${name}" may not change agent ${shorten(agentId)}: it may change ${covered}.`,
  )
}
