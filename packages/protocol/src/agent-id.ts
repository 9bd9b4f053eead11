import { text } from './json-schema.ts'
import { LIMITS } from './limits.ts'

/**
 * `researcher-1`, `team:researcher.1`: segments of `[A-Za-z0-9._-]`, joined by single colons. Not
 * `.` or `..`, which URL parsers remove from a path.
 */
export const AGENT_ID_PATTERN = '^(?!\\.{1,2}$)[A-Za-z0-9._-]+(?::[A-Za-z0-9._-]+)*$'

export const AgentId = text({
  minLength: 1,
  maxLength: LIMITS.agentIdCharacters,
  pattern: AGENT_ID_PATTERN,
  patternErrorMessage:
    'must be letters, digits and . _ - in parts joined by single colons, other than "." and ".."',
  description: 'The unique id of the agent in the registry.',
  examples: ['researcher-1'],
})
