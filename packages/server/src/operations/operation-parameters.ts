import {
  AGENT_DETAILS,
  AGENT_SORTS,
  AgentIdPattern,
  Capability,
  type FilterName,
  InstanceId,
  LIMITS,
  PRINTABLE_PATTERN,
  PRINTABLE_RULE,
  Tag,
  VIEW_STATUSES,
} from '@rollcall/protocol'
import {
  boolean,
  integer,
  list,
  oneOf,
  type Schema,
  type TextSchema,
  text,
} from '@rollcall/protocol/json-schema'

/**
 * Parameters with a common prefix and an arbitrary suffix. OpenAPI has no form for them that generated
 * clients support, so they are intended for hand-written requests.
 */
export interface OpenParameter {
  /** The common prefix of the names. */
  readonly prefix: string
  /** The name as shown to humans: `metadata.KEY`. */
  readonly title: string
  /** The schema of each value. */
  readonly schema: Schema<string>
  /** What to do instead of sending the title. */
  readonly remedy: string
}

/** The details by which agents can be filtered. */
const DETAIL_FILTER = Object.fromEntries(
  AGENT_DETAILS.filter(({ isFilter }) => isFilter).map(({ wireName, schema }) => [
    wireName,
    { ...schema, description: `${schema.description} Case-sensitive.` },
  ]),
) as { readonly [Name in FilterName]: TextSchema }

/** The query parameters that select agents, shared by all operations that do so. */
export const AGENT_FILTER = {
  agent_id: list(AgentIdPattern, {
    maxItems: LIMITS.agentIdPatterns,
    description:
      'An agent id, or the beginning of ids followed by `*`. Repeat it to match any of several. Case-sensitive.',
    examples: [['team-a:*']],
  }),
  name: text({
    minLength: 1,
    maxLength: LIMITS.nameCharacters + 1,
    pattern: PRINTABLE_PATTERN,
    patternErrorMessage: PRINTABLE_RULE,
    description: 'The whole name, or a prefix followed by `*`. Case-sensitive.',
    examples: ['Research*'],
  }),
  capability: list(Capability, {
    maxItems: LIMITS.capabilities,
    description: 'A capability. Repeat it to require several. Case-sensitive.',
    examples: [['search']],
  }),
  tag: list(Tag, {
    maxItems: LIMITS.tags,
    description: 'A tag. Repeat it to require several. Case-sensitive.',
    examples: [['papers']],
  }),
  status: list(oneOf(VIEW_STATUSES), {
    maxItems: 16,
    description: 'A status. Repeat it to match any of several. `expired` includes dead agents.',
    examples: [['ready']],
  }),
  ...DETAIL_FILTER,
  metadata: list(
    text({
      maxLength: LIMITS.metadataCharacters,
      pattern: '^[^:]+:',
      patternErrorMessage: 'must be a key, a colon and a value, such as region:eu-1',
    }),
    {
      maxItems: LIMITS.metadataConditions,
      description:
        'A value in the metadata, as `KEY:VALUE`: `region:eu-1`, `gpu.count:2`. Nested keys are joined ' +
        'by dots, and array elements match individually. Strings are compared as they are; numbers, ' +
        'booleans and null as written in JSON. Repeat it to require several. In a hand-written URL, ' +
        '`metadata.region=eu-1` is equivalent, and also works for a key that contains a colon.',
      examples: [['region:eu-1']],
    },
  ),
  q: text({
    maxLength: LIMITS.searchCharacters,
    pattern: '\\S',
    patternErrorMessage: 'must contain a word',
    description:
      'Words, separated by whitespace. Each must be found somewhere in the id, the name, a capability, ' +
      'a tag, a detail, the skills of the card or the metadata (keys and values). Not case-sensitive.',
    examples: ['research eu'],
  }),
  include_dead: boolean({
    default: false,
    description: 'Includes agents whose lease has lapsed, until the cleanup removes them.',
  }),
} as const

/** `metadata.region=eu-1`: complements {@link AGENT_FILTER}. */
export const METADATA_FILTER: OpenParameter = {
  prefix: 'metadata.',
  title: 'metadata.KEY',
  schema: text({ maxLength: LIMITS.metadataCharacters }),
  remedy: 'must name a key in place of KEY: metadata.region=eu-1, or metadata=region:eu-1',
}

/** The query parameters that select a part of a list, and its order. */
export const LIST_PARAMETERS = {
  sort: oneOf(AGENT_SORTS, {
    default: 'agent_id',
    description:
      'The sort key; `-` reverses the order. Agents with equal keys are ordered by id. Agents that ' +
      'never reported load sort last. When sorting by anything but `agent_id`, `limit` defaults to ' +
      '1000.',
  }),
  limit: integer({
    minimum: 1,
    maximum: LIMITS.pageSize,
    description: 'Maximum number of agents in the response. Default: all agents.',
  }),
  cursor: text({
    minLength: 1,
    maxLength: LIMITS.cursorCharacters,
    description: 'Where to continue: from the `Link` header of the previous response.',
  }),
} as const

/** The query parameters of the list of capabilities. */
export const CAPABILITY_PARAMETERS = {
  q: text({
    maxLength: LIMITS.capabilityCharacters,
    description: 'A part of the name of the capability. Not case-sensitive.',
    examples: ['search'],
  }),
  limit: integer({
    minimum: 1,
    maximum: LIMITS.pageSize,
    default: 100,
    description: 'Maximum number of capabilities; those that most agents have are returned.',
  }),
  include_dead: boolean({
    default: false,
    description:
      'Includes capabilities that only expired agents have, and counts expired agents for the order.',
  }),
} as const

/** The query parameters of the change feed, in addition to the filters. */
export const FEED_PARAMETERS = {
  since: text({
    pattern: '^(?:[A-Za-z0-9_-]{1,64}:)?[0-9]{1,15}$',
    patternErrorMessage:
      'must be the id of an event: a revision, or a branch, a colon and a revision',
    description:
      'Only changes after this revision. `BRANCH:REVISION`, as in the ids of the stream, also ' +
      'verifies that the revision belongs to this history: a revision alone cannot tell a restored ' +
      'backup from the registry before. Default: from the oldest change in the history; for a stream: ' +
      'from now.',
    examples: ['42'],
  }),
  limit: integer({
    minimum: 1,
    maximum: LIMITS.pageSize,
    default: 100,
    description: 'Maximum number of events per page.',
  }),
  snapshot: boolean({
    default: false,
    description: 'Starts a stream with all matching agents, followed by `synced`.',
  }),
  loads: boolean({
    default: false,
    description:
      'Adds load reports to a stream, at most once a second per agent, when its load has changed by ' +
      '0.05 or more. JSON pages never contain load reports.',
  }),
} as const

/** The query parameters of the history of one agent. */
export const HISTORY_PARAMETERS = {
  limit: integer({
    minimum: 1,
    maximum: LIMITS.pageSize,
    default: 100,
    description: 'Maximum number of events per page; the newest are returned.',
  }),
  before: integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Only changes before this revision: from the `Link` header of the previous page.',
  }),
} as const

/** The request headers that state under which conditions an agent may be changed. */
export const CHANGE_CONDITION: Readonly<Record<string, Schema<string>>> = {
  'Rollcall-Instance': {
    ...InstanceId,
    description:
      'The instance that sends the request: if it is not the current one, the response is 409.',
  },
  'If-Match': text({
    description:
      'The `revision` of the agent in quotes: if it has changed since, the response is 412.',
    examples: ['"42"'],
  }),
}
