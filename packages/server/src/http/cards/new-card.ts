type Json = Readonly<Record<string, unknown>>

/**
 * Converts a 0.3 card to 1.0, as the SDKs do. Undefined: the card is signed, and its signatures would no longer be
 * those of the card.
 */
export function toNewCard(text: string): string | undefined {
  const card = JSON.parse(text) as Json
  if (Array.isArray(card.signatures) && card.signatures.length > 0) return undefined
  const {
    url,
    preferredTransport,
    additionalInterfaces,
    protocolVersion: _,
    supportsAuthenticatedExtendedCard,
    security,
    securitySchemes,
    capabilities,
    skills,
    ...rest
  } = card
  const schemes = isObject(securitySchemes) && Object.entries(securitySchemes).map(toNewScheme)
  return JSON.stringify({
    ...rest,
    supportedInterfaces: interfacesOf(card),
    capabilities: {
      ...withoutHistory(capabilities),
      ...(typeof supportsAuthenticatedExtendedCard === 'boolean' && {
        extendedAgentCard: supportsAuthenticatedExtendedCard,
      }),
    },
    ...(schemes && { securitySchemes: Object.fromEntries(schemes) }),
    ...(Array.isArray(security) && { securityRequirements: security.map(toNewRequirement) }),
    ...(Array.isArray(skills) && { skills: skills.map(toNewSkill) }),
  })
}

/** The preferred interface comes first. */
function interfacesOf({ url, preferredTransport, additionalInterfaces, protocolVersion }: Json) {
  const preferred = { url, transport: preferredTransport ?? 'JSONRPC' }
  const others = Array.isArray(additionalInterfaces) ? additionalInterfaces.filter(isObject) : []
  const all = [preferred, ...others.filter((it) => !isSame(it, preferred))]
  return all.map(({ url: at, transport }) => ({
    url: at,
    protocolBinding: transport,
    protocolVersion: protocolVersion ?? '0.3.0',
  }))
}

function isSame(a: Json, b: Json): boolean {
  return a.url === b.url && a.transport === b.transport
}

/** 1.0 has no `stateTransitionHistory`. */
function withoutHistory(capabilities: unknown): Json {
  if (!isObject(capabilities)) return {}
  const { stateTransitionHistory: _, ...rest } = capabilities
  return rest
}

function toNewSkill(skill: unknown): unknown {
  if (!isObject(skill) || !Array.isArray(skill.security)) return skill
  const { security, ...rest } = skill
  return { ...rest, securityRequirements: security.map(toNewRequirement) }
}

/** `{"oauth": ["read"]}` becomes `{"schemes": {"oauth": {"list": ["read"]}}}`. */
function toNewRequirement(requirement: unknown): unknown {
  if (!isObject(requirement)) return requirement
  const schemes = Object.entries(requirement).map(([name, scopes]) => [name, { list: scopes }])
  return { schemes: Object.fromEntries(schemes) }
}

const NEW_SCHEME_OF: Readonly<Record<string, string>> = {
  apiKey: 'apiKeySecurityScheme',
  http: 'httpAuthSecurityScheme',
  oauth2: 'oauth2SecurityScheme',
  openIdConnect: 'openIdConnectSecurityScheme',
  mutualTLS: 'mtlsSecurityScheme',
}

/** In 1.0, the kind of a scheme is the name of the member that holds it. */
function toNewScheme([name, scheme]: [string, unknown]): [string, unknown] {
  const kind = isObject(scheme) && typeof scheme.type === 'string' && NEW_SCHEME_OF[scheme.type]
  if (!kind) return [name, scheme]
  const { type: _, in: location, ...rest } = scheme as Json
  return [name, { [kind]: { ...rest, ...(location !== undefined && { location }) } }]
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
