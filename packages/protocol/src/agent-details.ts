import { type TextSchema, text } from './json-schema.ts'

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
} as const satisfies Readonly<Record<string, DetailSchema>>
