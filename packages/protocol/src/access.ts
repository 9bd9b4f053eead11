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

const reads = list(AgentIdPattern, {
  minItems: 1,
  maxItems: LIMITS.tokenPatterns,
  description:
    'The agents that it sees, besides those that it may change: ids, or beginnings of ids followed by `*`. Others ' +
    'are not found, as if they did not exist.',
  examples: [['team-a:*']],
})

/** What an operator sends to create a token. */
export const TokenRequest = object(
  {
    ...grant,
    agents: optional(agents),
    reads: optional(reads),
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
    description:
      'A token to create. `agents` is only for the scope `agent`, `reads` for `read` and `agent`; default of both: all.',
  },
)
/** @interface */
export type TokenRequest = Static<typeof TokenRequest>

const stored = {
  id: TokenId,
  ...grant,
  agents,
  reads,
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

/** Who calls, and what that caller may do. */
export const Whoami = object(
  {
    kind: oneOf(['anonymous', 'token', 'jwt', 'certificate'], {
      description: 'How the registry knows the caller; `anonymous`: it has sent no credential.',
    }),
    name: text({
      description: 'As in histories and the audit log; `anonymous` if it is.',
      examples: ['alice'],
    }),
    scope: oneOf(SCOPES, {
      description: 'What it may do. Without access control, every caller is an `admin`.',
    }),
    agents: list(AgentIdPattern, {
      description:
        'The agents that it may change with the scope `agent`: ids, or beginnings of ids followed by `*`.',
      examples: [['team-a:*']],
    }),
    reads: nullable(
      list(AgentIdPattern, {
        description: 'The agents that it sees; null: all.',
        examples: [['team-a:*']],
      }),
    ),
  },
  { description: 'Who calls, and what that caller may do.' },
)
/** @interface */
export type Whoami = Static<typeof Whoami>
