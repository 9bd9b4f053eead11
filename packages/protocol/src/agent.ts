import {
  boolean,
  custom,
  integer,
  list,
  nullable,
  number,
  object,
  oneOf,
  optional,
  type Static,
  text,
} from './json-schema.ts'
import { LIMITS } from './limits.ts'

/**
 * `researcher-1`, `team:researcher.1`: segments of `[A-Za-z0-9._-]`, joined by single colons. Not
 * `.` or `..`, which no client could put into an address.
 */
export const AGENT_ID_PATTERN = '^(?!\\.{1,2}$)[A-Za-z0-9._-]+(?::[A-Za-z0-9._-]+)*$'

/** No control characters. */
export const PRINTABLE_PATTERN = '^[^\\u0000-\\u001f\\u007f]+$'

/** What {@link PRINTABLE_PATTERN} says, in words. */
export const PRINTABLE_RULE = 'must be one or more characters without control characters'

export const timestamp = (description: string) =>
  text({ format: 'date-time', description, examples: ['2026-11-21T09:30:00.000Z'] })

export const AgentId = text({
  minLength: 1,
  maxLength: LIMITS.agentIdCharacters,
  pattern: AGENT_ID_PATTERN,
  patternErrorMessage:
    'must be letters, digits and . _ - in parts joined by single colons, other than "." and ".."',
  description: 'The name of the agent in the registry.',
  examples: ['researcher-1'],
})

/** What an agent can say of itself. */
export const AGENT_STATUSES = ['ready', 'busy', 'draining'] as const

/** What reads show: what the agent said last, or that its lease has lapsed. */
export const VIEW_STATUSES = [...AGENT_STATUSES, 'expired'] as const
/** One of {@link VIEW_STATUSES}. @useDeclaredType */
export type ViewStatus = (typeof VIEW_STATUSES)[number]

export const AgentStatus = oneOf(AGENT_STATUSES, {
  description: 'What the agent says of itself.',
})
/** @useDeclaredType */
export type AgentStatus = Static<typeof AgentStatus>

export const Load = number({
  minimum: 0,
  maximum: 1,
  description: 'How busy the agent is, from 0 (idle) to 1 (full). Never a change of its own.',
  examples: [0.25],
})

/** One of the things that an agent can do. */
export const Capability = text({
  minLength: 1,
  maxLength: LIMITS.capabilityCharacters,
  pattern: PRINTABLE_PATTERN,
  patternErrorMessage: PRINTABLE_RULE,
})

const fields = {
  agent_id: AgentId,
  agent_name: text({
    minLength: 1,
    maxLength: LIMITS.nameCharacters,
    pattern: PRINTABLE_PATTERN,
    patternErrorMessage: PRINTABLE_RULE,
    description: 'What people call the agent.',
    examples: ['Researcher'],
  }),
  host: text({
    minLength: 1,
    maxLength: LIMITS.nameCharacters,
    pattern: '^[^\\s\\u0000-\\u001f\\u007f/?#@\\\\]+$',
    patternErrorMessage:
      'must be a host name or an IP address, without spaces, control characters or / ? # @ \\',
    description:
      'Host name or IP address, such that a URL can carry it. IPv6 with or without brackets, but ' +
      'without a zone.',
    examples: ['10.0.0.7'],
  }),
  port: integer({
    minimum: 1,
    maximum: 65_535,
    description: 'The port on which the agent listens.',
    examples: [8000],
  }),
  ttl_seconds: integer({
    minimum: LIMITS.ttlSeconds.minimum,
    maximum: LIMITS.ttlSeconds.maximum,
    default: LIMITS.ttlSeconds.default,
    description: 'Seconds that the lease lasts without a heartbeat.',
  }),
  metadata: custom<Record<string, unknown> | string | null>({
    type: ['object', 'string', 'null'],
    description:
      'A JSON object, a string that holds JSON, or null, of at most ' +
      `${LIMITS.metadataCharacters} characters as JSON. It comes back in the form it was given; ` +
      'what would come back as another value, such as 1546130668394913822, is refused.',
    examples: [{ region: 'eu-1' }],
  }),
  capabilities: list(Capability, {
    maxItems: LIMITS.capabilities,
    description:
      'What the agent can do. When absent, `metadata.capabilities` is taken if it is an array ' +
      'of strings.',
    examples: [['search', 'summarize']],
  }),
  version: text({
    minLength: 1,
    maxLength: LIMITS.nameCharacters,
    pattern: PRINTABLE_PATTERN,
    patternErrorMessage: PRINTABLE_RULE,
    description: 'The version of the agent.',
    examples: ['1.4.0'],
  }),
  url: text({
    minLength: 1,
    maxLength: LIMITS.urlCharacters,
    pattern: '^[A-Za-z][A-Za-z0-9+.-]*://[^\\s\\u0000-\\u001f\\u007f]+$',
    patternErrorMessage:
      'must be an absolute URL such as http://10.0.0.7:8000, without spaces or control characters',
    description:
      'Where to call the agent, a URL that parses. Default: `http://host:port`. `javascript:`, ' +
      '`vbscript:`, `data:`, `file:`, `blob:` and `about:` are refused: URLs are shown as links.',
    examples: ['http://10.0.0.7:8000'],
  }),
}

/**
 * What the registry itself writes. A client that sends back the agent it read is not refused for
 * them: they are ignored.
 */
const WRITTEN_BY_REGISTRY = custom<unknown>({
  readOnly: true,
  description: 'Written by the registry; ignored when sent.',
})

/** Something that was accepted and is probably not what was meant. */
export const RegistrationWarning = object({
  code: oneOf(['LOCAL_ADDRESS'], {
    description:
      '`LOCAL_ADDRESS`: the agent registered from another machine, and says that it is called at ' +
      'an address such as `127.0.0.1` or `localhost`, where every machine finds itself.',
  }),
  pointer: text({ description: 'JSON pointer to the field.', examples: ['/host'] }),
  message: text({ description: 'What is odd, and what to do; for people.' }),
})
/** @interface */
export type RegistrationWarning = Static<typeof RegistrationWarning>

/** What an agent sends to register. */
export const Registration = object(
  {
    agent_id: fields.agent_id,
    agent_name: fields.agent_name,
    host: fields.host,
    port: fields.port,
    ttl_seconds: optional(fields.ttl_seconds),
    metadata: optional(fields.metadata),
    capabilities: optional(nullable(fields.capabilities)),
    version: optional(nullable(fields.version)),
    url: optional(nullable(fields.url)),
    status: optional(
      oneOf(VIEW_STATUSES, {
        description:
          'What the agent says of itself. `expired` is ignored with `is_alive: false`, as a dead ' +
          'agent is read, and else refused.',
      }),
    ),
    load: optional(nullable(Load)),
    registered_at: optional(WRITTEN_BY_REGISTRY),
    last_heartbeat: optional(WRITTEN_BY_REGISTRY),
    expires_at: optional(WRITTEN_BY_REGISTRY),
    is_alive: optional(WRITTEN_BY_REGISTRY),
    revision: optional(WRITTEN_BY_REGISTRY),
    heartbeat_interval_seconds: optional(WRITTEN_BY_REGISTRY),
    warnings: optional(WRITTEN_BY_REGISTRY),
  },
  { additionalProperties: false, description: 'What an agent says of itself.' },
)
/** @interface */
export type Registration = Static<typeof Registration>

/** An agent as the registry shows it. */
export const Agent = object(
  {
    agent_id: fields.agent_id,
    agent_name: fields.agent_name,
    host: fields.host,
    port: fields.port,
    url: fields.url,
    version: nullable(fields.version),
    ttl_seconds: fields.ttl_seconds,
    metadata: fields.metadata,
    capabilities: fields.capabilities,
    status: oneOf(VIEW_STATUSES, {
      description: 'What the agent says of itself, or `expired` when its lease has lapsed.',
    }),
    load: nullable(Load),
    registered_at: timestamp('When it first registered; survives registering again.'),
    last_heartbeat: timestamp('The last sign of life.'),
    expires_at: timestamp('When the lease lapses without a further heartbeat.'),
    is_alive: boolean({ description: 'Judged at the moment of the read.' }),
    revision: integer({ minimum: 0, description: 'Of its last visible change.' }),
  },
  { description: 'An agent as the registry shows it.' },
)
/** @interface */
export type Agent = Static<typeof Agent>

/** What every answer to a sign of life tells: how often to give one. */
export const HeartbeatIntervalSeconds = number({
  description: 'How often to send a heartbeat: a third of the TTL.',
  examples: [20],
})

/** The answer to a registration: the agent, and how often it should send a heartbeat. */
export const RegisteredAgent = object(
  {
    ...Agent.properties,
    heartbeat_interval_seconds: HeartbeatIntervalSeconds,
    warnings: optional(
      list(RegistrationWarning, { description: 'Absent when there is nothing to say.' }),
    ),
  },
  { description: 'The agent, and how often it should send a heartbeat.' },
)
/** @interface */
export type RegisteredAgent = Static<typeof RegisteredAgent>

/** How many seconds an agent should wait between two heartbeats: a third of its TTL. */
export function heartbeatIntervalSeconds(ttlSeconds: number): number {
  return Math.round((ttlSeconds * 1000) / 3) / 1000
}
