import {
  ConfigurationError,
  type JwtOptions,
  NO_IDENTITY_SETTING,
  type Settings,
  type TlsOptions,
} from '@rollcall/server'

/**
 * Returns how JSON Web Tokens identify callers; undefined: they do not.
 *
 * @throws ConfigurationError for settings that mean nothing without an issuer
 */
export function jwtOptions(settings: Settings): JwtOptions | undefined {
  const issuer = given(settings.jwtIssuer)
  const others = {
    jwksUrl: given(settings.jwtJwksUrl),
    keysFile: given(settings.jwtKeys),
    algorithms: given(settings.jwtAlgorithms)?.split(/\s*,\s*/),
    scopeClaim: given(settings.jwtScopeClaim),
    agentsClaim: given(settings.jwtAgentsClaim),
    rules: given(settings.jwtRules),
  }
  const audience = given(settings.jwtAudience)
  if (issuer !== undefined) {
    return { issuer, audience: audience ?? '', nameClaim: settings.jwtNameClaim, ...others }
  }
  if ([audience, ...Object.values(others)].every((it) => it === undefined)) return undefined
  throw new ConfigurationError(['the settings of JSON Web Tokens need an issuer (--jwt-issuer)'])
}

/**
 * Returns with which certificate the server speaks TLS; undefined: it does not.
 *
 * @throws ConfigurationError for settings that mean nothing without each other
 */
export function tlsOptions(settings: Settings): TlsOptions | undefined {
  const certFile = given(settings.tlsCert)
  const keyFile = given(settings.tlsKey)
  const clientCaFile = given(settings.tlsClientCa)
  const clientRules = given(settings.tlsClientRules)
  const problems: string[] = []
  if ((certFile === undefined) !== (keyFile === undefined)) {
    problems.push('TLS needs both a certificate (--tls-cert) and its key (--tls-key)')
  }
  if (clientCaFile !== undefined && certFile === undefined) {
    problems.push('client certificates (--tls-client-ca) need TLS (--tls-cert, --tls-key)')
  }
  if (clientRules !== undefined && clientCaFile === undefined) {
    problems.push('rules of client certificates need their authorities (--tls-client-ca)')
  }
  if (problems.length > 0) throw new ConfigurationError(problems)
  if (certFile === undefined || keyFile === undefined) return undefined
  return { certFile, keyFile, clientCaFile, clientRules }
}

function given(value: string): string | undefined {
  return value === NO_IDENTITY_SETTING ? undefined : value
}
