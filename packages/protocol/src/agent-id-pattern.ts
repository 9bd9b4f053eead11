import { text } from './json-schema.ts'
import { LIMITS } from './limits.ts'

const SEGMENTS = '[A-Za-z0-9._-]+(?::[A-Za-z0-9._-]+)*'

/** `researcher-1`, or the beginning of ids and a `*`: `team-a:*`, `*`. */
export const AGENT_IDS_PATTERN = `^(?!\\.{1,2}$)(?:${SEGMENTS}|(?:${SEGMENTS}:?)?\\*)$`

/** One agent, or all whose ids begin the same. */
export const AgentIdPattern = text({
  minLength: 1,
  maxLength: LIMITS.agentIdCharacters + 1,
  pattern: AGENT_IDS_PATTERN,
  patternErrorMessage: 'must be an agent id, or the beginning of ids followed by one *',
  description: 'An agent id, or the beginning of ids followed by `*`: `team-a:*`.',
  examples: ['researcher-1'],
})
