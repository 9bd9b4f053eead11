import { AgentId } from './agent-id.ts'
import { RegisteredCard } from './card.ts'
import { REGISTERED_DETAILS, SHOWN_DETAILS } from './detail-names.ts'
import { InstanceId } from './instance-id.ts'
import {
  boolean,
  constant,
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
import { Maintenance } from './maintenance.ts'
import { PRINTABLE_PATTERN, PRINTABLE_RULE } from './printable.ts'
import { timestamp } from './timestamp.ts'

/** The statuses that an agent can report. */
export const AGENT_STATUSES = ['ready', 'busy', 'draining'] as const

/**
 * The statuses that reads show: the last reported one, `draining` in maintenance, `suspect` while the brake on
 * mass expiry holds back the expiry of the agent, or `expired` once the lease has lapsed.
 */
export const VIEW_STATUSES = [...AGENT_STATUSES, 'suspect', 'expired'] as const
/** One of {@link VIEW_STATUSES}. @useDeclaredType */
export type ViewStatus = (typeof VIEW_STATUSES)[number]

export const AgentStatus = oneOf(AGENT_STATUSES, {
  description: 'The status that the agent reports.',
})
/** @useDeclaredType */
export type AgentStatus = Static<typeof AgentStatus>

export const Load = number({
  minimum: 0,
  maximum: 1,
  description:
    'How busy the agent is, from 0 (idle) to 1 (full). A change of load alone creates no event.',
  examples: [0.25],
})

/** One capability of an agent. */
export const Capability = text({
  minLength: 1,
  maxLength: LIMITS.capabilityCharacters,
  pattern: PRINTABLE_PATTERN,
  patternErrorMessage: PRINTABLE_RULE,
})

/** One tag of an agent. */
export const Tag = text({
  minLength: 1,
  maxLength: LIMITS.tagCharacters,
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
    description: 'The display name of the agent.',
    examples: ['Researcher'],
  }),
  host: text({
    minLength: 1,
    maxLength: LIMITS.nameCharacters,
    pattern: '^[^\\s\\u0000-\\u001f\\u007f/?#@\\\\]+$',
    patternErrorMessage:
      'must be a host name or an IP address, without spaces, control characters or / ? # @ \\',
    description:
      'Host name or IP address that is valid in a URL. IPv6 with or without brackets, but ' +
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
    description: 'How many seconds the lease lasts without a heartbeat.',
  }),
  metadata: custom<Record<string, unknown> | string | null>({
    type: ['object', 'string', 'null'],
    description:
      'A JSON object, a string that holds JSON, or null, of at most ' +
      `${LIMITS.metadataCharacters} characters as JSON. Returned in the form in which it was sent; ` +
      'a value that JavaScript cannot represent exactly, such as 1546130668394913822, is rejected.',
    examples: [{ region: 'eu-1' }],
  }),
  capabilities: list(Capability, {
    maxItems: LIMITS.capabilities,
    description:
      'What the agent can do. When absent, `metadata.capabilities` is used if it is an array ' +
      'of strings.',
    examples: [['search', 'summarize']],
  }),
  tags: list(Tag, {
    maxItems: LIMITS.tags,
    description: 'Words by which people look for the agent.',
    examples: [['papers', 'science']],
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
      'Where to call the agent: an absolute URL. Default: `http://host:port`. `javascript:`, ' +
      '`vbscript:`, `data:`, `file:`, `blob:` and `about:` are rejected, because URLs are shown as ' +
      'links.',
    examples: ['http://10.0.0.7:8000'],
  }),
}

/**
 * A field that only the registry writes. It is ignored rather than rejected, so that a client may
 * send back an agent exactly as it read it.
 */
const READ_ONLY = custom<unknown>({
  readOnly: true,
  description: 'Written by the registry; ignored when sent.',
})

/** Describes a value that was accepted but is probably a mistake. */
export const RegistrationWarning = object({
  code: oneOf(['LOCAL_ADDRESS', 'UNUSUAL_CARD'], {
    description:
      '`LOCAL_ADDRESS`: the agent registered from another machine with an address such as ' +
      '`127.0.0.1` or `localhost`, which on every machine refers to that machine itself. `UNUSUAL_CARD`: a ' +
      'place in the card that some clients may not understand, or that differs from the registration.',
  }),
  pointer: text({ description: 'JSON pointer to the field.', examples: ['/host'] }),
  message: text({ description: 'What looks wrong and how to fix it; for humans.' }),
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
    tags: optional(nullable(fields.tags)),
    card: optional(RegisteredCard),
    version: optional(nullable(fields.version)),
    ...REGISTERED_DETAILS,
    url: optional(nullable(fields.url)),
    status: optional(
      oneOf(VIEW_STATUSES, {
        description:
          'The status that the agent reports. `suspect` is ignored, and so is `draining` together with ' +
          '`maintenance`; `expired` is ignored together with `is_alive: false`, which is how a dead ' +
          'agent is read, and rejected otherwise.',
      }),
    ),
    load: optional(nullable(Load)),
    instance_id: optional(nullable(InstanceId)),
    incarnation: optional(READ_ONLY),
    maintenance: optional(READ_ONLY),
    owner: optional(READ_ONLY),
    has_card: optional(READ_ONLY),
    registered_at: optional(READ_ONLY),
    updated_at: optional(READ_ONLY),
    last_heartbeat: optional(READ_ONLY),
    expires_at: optional(READ_ONLY),
    is_alive: optional(READ_ONLY),
    revision: optional(READ_ONLY),
    heartbeat_interval_seconds: optional(READ_ONLY),
    warnings: optional(READ_ONLY),
  },
  { additionalProperties: false, description: 'What an agent sends to register.' },
)
/** @interface */
export type Registration = Static<typeof Registration>

// The optional ones are absent rather than null, because nulls were a sixth of the bytes of a list.
const shownFields = {
  agent_id: fields.agent_id,
  agent_name: fields.agent_name,
  host: fields.host,
  port: fields.port,
  url: fields.url,
  version: nullable(fields.version),
  ...SHOWN_DETAILS,
  ttl_seconds: fields.ttl_seconds,
  metadata: fields.metadata,
  capabilities: fields.capabilities,
  tags: optional(fields.tags),
  has_card: optional(
    constant(true, { description: 'The agent has a card: `GET /agents/{agent_id}/card`.' }),
  ),
  status: oneOf(VIEW_STATUSES, {
    description:
      'The status that the agent reports; `draining` while it is in maintenance; `suspect` while the ' +
      'brake on mass expiry holds back its expiry, because most of the fleet fell silent at once; ' +
      '`expired` when its lease has lapsed.',
  }),
  maintenance: optional(Maintenance),
  load: nullable(Load),
  instance_id: optional(InstanceId),
  incarnation: integer({
    minimum: 1,
    description: 'How many instances have registered this agent, one after the other.',
  }),
  owner: optional(
    text({
      description:
        'The principal that the agent belongs to: only that principal and admins may change it. Absent when it ' +
        'belongs to nobody. With a JSON Web Token or a client certificate, its name is followed by ` (jwt)` or ` (certificate)`.',
      examples: ['team-a'],
    }),
  ),
  registered_at: timestamp('When it first registered; unchanged when it registers again.'),
  updated_at: optional(
    timestamp('When it last changed visibly. Absent when it has not since it first registered.'),
  ),
  last_heartbeat: timestamp('When its last registration or heartbeat arrived.'),
  expires_at: timestamp('When the lease lapses unless another heartbeat arrives.'),
  is_alive: boolean({ description: 'Whether the lease is running at the moment of the read.' }),
  revision: integer({ minimum: 0, description: 'The revision of its last visible change.' }),
}

/** An agent as the registry shows it. */
export const Agent = object(shownFields, {
  description:
    'An agent as the registry shows it. Optional fields are absent, never null, when the agent has no ' +
    'value for them.',
})
/** @interface */
export type Agent = Static<typeof Agent>

/** How often to send a heartbeat; part of every response to a registration or heartbeat. */
export const HeartbeatIntervalSeconds = number({
  description: 'How often to send a heartbeat: a third of the TTL.',
  examples: [20],
})

/** The response to a registration: the agent, and how often it should send a heartbeat. */
export const RegisteredAgent = object(
  {
    ...shownFields,
    heartbeat_interval_seconds: HeartbeatIntervalSeconds,
    warnings: optional(
      list(RegistrationWarning, { description: 'Absent when there are no warnings.' }),
    ),
  },
  { description: 'The agent, and how often it should send a heartbeat.' },
)
/** @interface */
export type RegisteredAgent = Static<typeof RegisteredAgent>

/** Seconds between two heartbeats as a share of the TTL: so two may be missed. */
const USUAL_SHARE = 1 / 3

/**
 * How many times as long a registry that is overloaded asks agents to wait: half of the TTL, so that one heartbeat may be
 * missed. Less than two thirds even with jitter, beyond which an agent would count as late.
 */
export const OVERLOAD_INTERVAL_FACTOR = 1.5

/**
 * Returns how many seconds an agent should wait between two heartbeats: a third of its TTL.
 *
 * @param factor {@link OVERLOAD_INTERVAL_FACTOR} while the registry is overloaded; default 1
 */
export function heartbeatIntervalSeconds(ttlSeconds: number, factor = 1): number {
  return Math.round(ttlSeconds * 1000 * USUAL_SHARE * factor) / 1000
}
