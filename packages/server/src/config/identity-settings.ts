import { text } from '@rollcall/protocol/json-schema'

/** The value of a setting of this file that is not set. */
export const NO_IDENTITY_SETTING = 'none'

/** Callers that others vouch for, an identity provider or an authority of certificates, and TLS. */
export const IDENTITY_SETTINGS = {
  jwtIssuer: optional('Issuer of JSON Web Tokens of callers: the URL of an identity provider'),
  jwtAudience: optional('Name of this registry in those tokens; needed with an issuer'),
  jwtJwksUrl: optional(
    'URL of the keys of the issuer; none: the one in its /.well-known/openid-configuration',
  ),
  jwtKeys: optional('File with the keys of the issuer (a JWKS), read again when it changes'),
  jwtAlgorithms: optional(
    'Algorithms of signatures, separated by commas; none: all that have public keys',
  ),
  jwtNameClaim: text({
    minLength: 1,
    default: 'sub',
    description: 'Claim that names the caller',
  }),
  jwtScopeClaim: optional('Claim with rollcall:read, rollcall:agent or rollcall:admin'),
  jwtAgentsClaim: optional('Claim with the agents that a caller with the scope agent may change'),
  jwtRules: optional(
    'What callers with such a token may do, by name: "NAME = SCOPE PATTERNS reads=PATTERNS; …"; before the claims',
  ),
  tlsCert: optional('File with the certificate of the server (PEM), read again when it changes'),
  tlsKey: optional('File with the private key of that certificate (PEM)'),
  tlsClientCa: optional('File with the authorities of client certificates (PEM)'),
  tlsClientRules: optional(
    'What callers with a client certificate may do, by its name: "NAME = SCOPE PATTERNS reads=PATTERNS; …"',
  ),
}

function optional(description: string) {
  return text({ minLength: 1, default: NO_IDENTITY_SETTING, description })
}
