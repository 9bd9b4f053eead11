/** How JSON Web Tokens of an identity provider identify callers. */
export interface JwtOptions {
  /** The `iss` of the tokens: a URL that begins with https:// (or http:// on this machine). */
  readonly issuer: string
  /** The `aud` of the tokens: a name of this registry, so that tokens for other services are refused. */
  readonly audience: string
  /** URL of the keys (a JWKS); default: what `/.well-known/openid-configuration` of the issuer names. */
  readonly jwksUrl?: string | undefined
  /** File with the keys, read again when it changes, instead of a URL. */
  readonly keysFile?: string | undefined
  /** Algorithms that are accepted; default and possible values: {@link JWT_ALGORITHMS}. */
  readonly algorithms?: readonly string[] | undefined
  /** The claim that names the caller; default `sub`. */
  readonly nameClaim?: string | undefined
  /** The claim that has `rollcall:read`, `rollcall:agent` or `rollcall:admin`; default: none. */
  readonly scopeClaim?: string | undefined
  /** The claim with the agents that a caller with the scope `agent` may change; default: none. */
  readonly agentsClaim?: string | undefined
  /** What callers may do by name, before the claims are asked: `NAME = SCOPE PATTERNS reads=PATTERNS; …`. Default: no rules. */
  readonly rules?: string | undefined
}

/**
 * Signature algorithms with a public key. Those with a shared secret are not offered: with them, a public key could
 * be passed off as the secret.
 */
export const JWT_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const
