import type { JWTPayload } from 'jose'
import { isAgentPattern, isScope } from '../agent-patterns.ts'
import { RefusedCredential } from '../authenticator.ts'
import { isIdentityName } from '../identity-name.ts'
import type { IdentityRules } from '../identity-rules.ts'
import { ALL_AGENTS, type Grant, grantedPrincipal, hasScope, type Principal } from '../principal.ts'

/** The beginning of a scope in a claim: scopes of other applications count for nothing. */
const SCOPE_PREFIX = 'rollcall:'

/** Which claims say who the caller is, and what it may do. */
export interface ClaimMapping {
  readonly nameClaim: string
  readonly scopeClaim: string | undefined
  readonly agentsClaim: string | undefined
  readonly rules: IdentityRules
}

/**
 * Returns who has a token with these claims, which must have been verified. A rule that fits the name decides what
 * the principal may do; if none fits, the claims do.
 *
 * @throws RefusedCredential if the claims name nobody
 */
export function principalIn(claims: JWTPayload, mapping: ClaimMapping): Principal {
  const name = claimIn(claims, mapping.nameClaim)
  if (!isIdentityName(name)) {
    const rule = 'a text of 1 to 255 printable characters'
    throw new RefusedCredential(
      `has no usable name: its claim ${mapping.nameClaim} must be ${rule}`,
    )
  }
  return grantedPrincipal('jwt', name, mapping.rules.grantOf(name) ?? grantIn(claims, mapping))
}

function grantIn(claims: JWTPayload, mapping: ClaimMapping): Grant | undefined {
  const scope = textsIn(claims, mapping.scopeClaim)
    .filter((text) => text.startsWith(SCOPE_PREFIX))
    .map((text) => text.slice(SCOPE_PREFIX.length))
    .filter(isScope)
    .reduce<Grant['scope'] | undefined>((a, b) => (a && includes(a, b) ? a : b), undefined)
  if (scope === undefined) return undefined
  const all = [ALL_AGENTS]
  if (scope !== 'agent' || mapping.agentsClaim === undefined) {
    return { scope, patterns: all, reads: all }
  }
  const patterns = textsIn(claims, mapping.agentsClaim).filter(isAgentPattern)
  return { scope, patterns, reads: all }
}

/** Whether a scope includes another one. */
function includes(scope: Grant['scope'], other: Grant['scope']): boolean {
  return hasScope({ scope } as Principal, other)
}

/** Returns the texts of a claim: an array, or a text with words separated by spaces or commas. */
function textsIn(claims: JWTPayload, claim: string | undefined): string[] {
  const value = claim === undefined ? undefined : claimIn(claims, claim)
  if (typeof value === 'string') return value.split(/[\s,]+/).filter((word) => word !== '')
  return Array.isArray(value) ? value.filter((it) => typeof it === 'string') : []
}

/** Returns a claim by its name, or by a path of names joined by dots, such as `realm_access.roles`. */
function claimIn(claims: JWTPayload, claim: string): unknown {
  if (Object.hasOwn(claims, claim)) return claims[claim]
  return claim
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? Reflect.get(value, name)
          : undefined,
      claims,
    )
}
