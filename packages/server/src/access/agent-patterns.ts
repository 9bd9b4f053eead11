import { AGENT_IDS_PATTERN, AgentIdPattern, SCOPES, type Scope } from '@rollcall/protocol'

const PATTERN = new RegExp(AGENT_IDS_PATTERN)
const MAX_CHARACTERS = Number(AgentIdPattern.maxLength)

/** Whether a text is the name of a scope. */
export function isScope(text: unknown): text is Scope {
  return (SCOPES as readonly unknown[]).includes(text)
}

/** Whether a text is an agent id, or the beginning of ids followed by `*`. */
export function isAgentPattern(text: string): boolean {
  return text.length <= MAX_CHARACTERS && PATTERN.test(text)
}

/**
 * Returns what is wrong with the patterns of a grant, worded to follow its name.
 *
 * @param patterns ids, or beginnings of ids followed by `*`
 */
export function invalidPattern(patterns: readonly string[]): string | undefined {
  if (patterns.every(isAgentPattern)) return undefined
  return `has an invalid pattern: it ${AgentIdPattern.patternErrorMessage}`
}
