import {
  AGENT_SORTS,
  Capability,
  LIMITS,
  PRINTABLE_PATTERN,
  PRINTABLE_RULE,
  VIEW_STATUSES,
} from '@rollcall/protocol'
import { boolean, integer, list, oneOf, type Schema, text } from '@rollcall/protocol/json-schema'

/**
 * Parameters whose names begin alike and go on as the client likes. OpenAPI has no form for them that
 * generated clients send: they are for people.
 */
export interface OpenParameter {
  /** What the names begin with. */
  readonly prefix: string
  /** How the name is written for people: `metadata.KEY`. */
  readonly title: string
  /** Of each value. */
  readonly schema: Schema<string>
  /** What to do instead of sending the title. */
  readonly remedy: string
}

/** The query parameters that choose agents: the same wherever agents are asked for. */
export const AGENT_FILTER = {
  name: text({
    minLength: 1,
    maxLength: LIMITS.nameCharacters + 1,
    pattern: PRINTABLE_PATTERN,
    patternErrorMessage: PRINTABLE_RULE,
    description: 'The whole name, or its beginning followed by `*`. Case-sensitive.',
    examples: ['Research*'],
  }),
  capability: list(Capability, {
    maxItems: LIMITS.capabilities,
    description: 'A capability. Repeat it for agents that have all of them. Case-sensitive.',
    examples: [['search']],
  }),
  status: list(oneOf(VIEW_STATUSES), {
    maxItems: 16,
    description: 'A status. Repeat it for agents in any of them. `expired` includes the dead.',
    examples: [['ready']],
  }),
  metadata: list(
    text({
      maxLength: LIMITS.metadataCharacters,
      pattern: '^[^:]+:',
      patternErrorMessage: 'must be a key, a colon and a value, such as region:eu-1',
    }),
    {
      maxItems: LIMITS.metadataConditions,
      description:
        'A value in the metadata, as `KEY:VALUE`: `region:eu-1`, `gpu.count:2`. Keys are joined by dots, ' +
        'arrays are looked into. Strings are compared as they are, numbers, booleans and null as ' +
        'JSON has them. Repeat it for agents that meet all conditions. In an address written by hand, ' +
        '`metadata.region=eu-1` says the same, also of a key with a colon in it.',
      examples: [['region:eu-1']],
    },
  ),
  q: text({
    maxLength: LIMITS.searchCharacters,
    pattern: '\\S',
    patternErrorMessage: 'must hold a word',
    description:
      'Words, separated by whitespace. Each must be found somewhere in the id, the name, a capability ' +
      'or the metadata (keys and values). Not case-sensitive.',
    examples: ['research eu'],
  }),
  include_dead: boolean({
    default: false,
    description: 'Also the agents whose lease has lapsed, until the cleanup removes them.',
  }),
} as const

/** `metadata.region=eu-1`: belongs to {@link AGENT_FILTER}. */
export const METADATA_FILTER: OpenParameter = {
  prefix: 'metadata.',
  title: 'metadata.KEY',
  schema: text({ maxLength: LIMITS.metadataCharacters }),
  remedy: 'must have the name of a key for KEY: metadata.region=eu-1, or metadata=region:eu-1',
}

/** The query parameters that choose a part of a list, and its order. */
export const LIST_PART = {
  sort: oneOf(AGENT_SORTS, {
    default: 'agent_id',
    description:
      'What the list is sorted by, `-` reverses the order; agents equal in it by their id. ' +
      'Agents that never reported load sort last. Sorted by anything but `agent_id`, `limit` is 1000 ' +
      'unless it is given.',
  }),
  limit: integer({
    minimum: 1,
    maximum: LIMITS.pageSize,
    description: 'Agents of one answer, at the most. Default: all, in one answer.',
  }),
  cursor: text({
    minLength: 1,
    maxLength: LIMITS.cursorCharacters,
    description: 'Where to go on: from the `Link` header of the answer before.',
  }),
} as const

/** The query parameters of the change feed, beside the filters. */
export const FEED_PART = {
  since: text({
    pattern: '^(?:[A-Za-z0-9_-]{1,64}:)?[0-9]{1,15}$',
    patternErrorMessage:
      'must be the id of an event: a revision, or its history, a colon and a revision',
    description:
      'Only changes after this revision; `EPOCH:REVISION`, as in the ids of the stream, also makes ' +
      'sure that it is a revision of this history. Default: from the oldest that is kept; for a ' +
      'stream: from now.',
    examples: ['42'],
  }),
  limit: integer({
    minimum: 1,
    maximum: LIMITS.pageSize,
    default: 100,
    description: 'Events of one page, at the most.',
  }),
  snapshot: boolean({
    default: false,
    description: 'A stream that begins with all agents that match, then `synced`.',
  }),
  loads: boolean({
    default: false,
    description:
      'A stream that also reports how busy agents are, at most once a second for each, when the ' +
      'load has moved by 0.05 or more. Pages of JSON never contain loads.',
  }),
} as const

/** The query parameters of the history of one agent. */
export const HISTORY_PART = {
  limit: integer({
    minimum: 1,
    maximum: LIMITS.pageSize,
    default: 100,
    description: 'Events of one page, at the most: the newest.',
  }),
  before: integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Only changes before this revision: from the `Link` header of the page before.',
  }),
} as const
