import { type TextSchema, text } from './json-schema.ts'
import { LIMITS } from './limits.ts'

/**
 * Optional texts that describe an agent. Each is a property here and an entry of
 * {@link DETAIL_SCHEMAS}. Registration, records, stores, events, search, clients and commands derive
 * the rest.
 */
export interface AgentDetails {
  /** What the agent is for, in a sentence or two; at most 1024 characters. */
  readonly description: string | null
  /** The protocol that its callers speak, such as `a2a` or `mcp`; at most 32 characters. */
  readonly protocol: string | null
  /** The name that the agent's publisher gave it in catalogs, `urn:air:…`; at most 512 characters. */
  readonly identifier: string | null
  /** Where the agent serves its own card; at most 2048 characters. */
  readonly cardUrl: string | null
}

/** One detail on the wire. */
export interface DetailSchema {
  /** Its values. */
  readonly schema: TextSchema
  /** A value, for documentation and tests. */
  readonly example: string
  /** Whether queries and streams can be filtered by its value; `q` searches all details. */
  readonly isFilter: boolean
}

/** The details by their names on the wire. */
export const DETAIL_SCHEMAS = {
  description: {
    schema: text({
      minLength: 1,
      maxLength: 1024,
      // Line breaks and tabs are allowed.
      pattern: '^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f]*$',
      patternErrorMessage: 'must have no control characters but line breaks and tabs',
      description: 'What the agent is for, in a sentence or two.',
    }),
    example: 'Finds and summarizes papers.',
    isFilter: false,
  },
  protocol: {
    schema: text({
      minLength: 1,
      maxLength: 32,
      pattern: '^[a-z0-9.-]*$',
      patternErrorMessage: 'must be made of the characters a-z, 0-9, dot and hyphen',
      description: 'The protocol that its callers speak, such as `a2a` or `mcp`.',
    }),
    example: 'a2a',
    isFilter: true,
  },
  identifier: {
    schema: text({
      minLength: 1,
      maxLength: 512,
      pattern: '^urn:air:[a-zA-Z0-9.-]+(?::[a-zA-Z0-9._:-]+)?:[a-zA-Z0-9._-]+$',
      patternErrorMessage: 'must be an identifier such as urn:air:example.com:agent:researcher-1',
      description: 'The name that the publisher of the agent gave it in catalogs: `urn:air:…`.',
    }),
    example: 'urn:air:example.com:agent:researcher-1',
    isFilter: true,
  },
  card_url: {
    schema: text({
      minLength: 1,
      maxLength: LIMITS.urlCharacters,
      pattern: '^[hH][tT][tT][pP][sS]?://[^\\s\\u0000-\\u001f\\u007f]+$',
      patternErrorMessage: 'must be an http or https URL, without spaces or control characters',
      description:
        'Where the agent serves its own card. The registry shows this URL and never fetches it.',
    }),
    example: 'https://agents.example.com/.well-known/agent-card.json',
    isFilter: false,
  },
} as const satisfies Readonly<Record<string, DetailSchema>>
