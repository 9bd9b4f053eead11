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
  /** The protocol that its callers speak, such as `a2a` or `mcp`. */
  readonly protocol: string | null
}

/** One detail on the wire. */
export interface DetailSchema {
  /** Its values; the description and the first example are shown to humans. */
  readonly schema: TextSchema
  /** Whether queries and streams can be filtered by its value; `q` searches all details. */
  readonly isFilter: boolean
}

/** The details by their names on the wire. */
export const DETAIL_SCHEMAS = {
  description: {
    schema: text({
      minLength: 1,
      maxLength: LIMITS.descriptionCharacters,
      description: 'What the agent is for, in a sentence or two.',
      examples: ['Finds and summarizes papers.'],
    }),
    isFilter: false,
  },
  protocol: {
    schema: text({
      pattern: '^[a-z0-9.-]{1,32}$',
      patternErrorMessage: 'must be 1 to 32 of the characters a-z, 0-9, dot and hyphen',
      description: 'The protocol that its callers speak, such as `a2a` or `mcp`.',
      examples: ['a2a'],
    }),
    isFilter: true,
  },
} as const satisfies Readonly<Record<string, DetailSchema>>
