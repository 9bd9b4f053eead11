import { AgentIdPattern } from './agent-id-pattern.ts'
import {
  boolean,
  integer,
  list,
  nullable,
  object,
  oneOf,
  optional,
  type Static,
  text,
} from './json-schema.ts'
import { LIMITS } from './limits.ts'
import { timestamp } from './timestamp.ts'

/** What a caller may do. Each scope includes those before it. */
export const SCOPES = ['read', 'agent', 'admin'] as const
/** A scope of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number]

/** How a registry is protected. */
export const ACCESS_MODES = ['open', 'insecure', 'controlled'] as const
/** A mode of {@link ACCESS_MODES}. */
export type AccessMode = (typeof ACCESS_MODES)[number]

/** The name of a token: without whitespace, so that it fits a line of a token file and of a log. */
export const TOKEN_NAME_PATTERN = '^[A-Za-z0-9][A-Za-z0-9._:@/+-]*$'

export const TokenName = text({
  minLength: 1,
  maxLength: LIMITS.tokenNameCharacters,
  pattern: TOKEN_NAME_PATTERN,
  patternErrorMessage: 'must be letters, digits and . _ : @ / + -',
  description: 'Who uses the token. Several tokens may have the same name.',
  examples: ['ci'],
})

/** The id of a token, which is not secret. */
export const TokenId = text({
  pattern: '^[0-9a-f]{12}$',
  patternErrorMessage: 'must be the id of a token: 12 hexadecimal digits',
  description: 'The id of the token.',
  examples: ['3f9c1a7be204'],
})

const grant = {
  name: TokenName,
  scope: oneOf(SCOPES, {
    description:
      '`read`: lists and events. `agent`: also register, heartbeat and deregister. `admin`: everything.',
  }),
}
const agents = list(AgentIdPattern, {
  minItems: 1,
  maxItems: LIMITS.tokenPatterns,
  description: 'The agents that it may change: ids, or beginnings of ids followed by `*`.',
  examples: [['team-a:*']],
})

/** What an operator sends to create a token. */
export const TokenRequest = object(
  {
    ...grant,
    agents: optional(agents),
    expires_in_seconds: optional(
      integer({
        minimum: 1,
        maximum: LIMITS.tokenSeconds,
        description: 'Seconds after which it is refused. Default: never.',
      }),
    ),
  },
  {
    additionalProperties: false,
    description: 'A token to create. `agents` is only for the scope `agent`; default: all.',
  },
)
/** @interface */
export type TokenRequest = Static<typeof TokenRequest>

const stored = {
  id: TokenId,
  ...grant,
  agents,
  created_at: timestamp('When it was created.'),
  expires_at: nullable(timestamp('When it is refused from; null: never.')),
  created_by: text({ description: 'Who has created it.' }),
}

/** A token, without its text. */
export const Token = object(stored, { description: 'A token, without its text.' })
/** @interface */
export type Token = Static<typeof Token>

/** A new token, with its text. */
export const CreatedToken = object(
  { ...stored, token: text({ description: 'Its text, which is shown only now.' }) },
  { description: 'A new token, with its text.' },
)
/** @interface */
export type CreatedToken = Static<typeof CreatedToken>

/** The response when a token is revoked. */
export const RevokedToken = object({
  id: TokenId,
  revoked: boolean({ description: 'Whether there was such a token.' }),
})
/** @interface */
export type RevokedToken = Static<typeof RevokedToken>
