import { AGENT_DETAILS, type AgentDetails, NO_DETAILS } from '@rollcall/protocol'

/** The tags of an agent that reported none. */
export const NO_TAGS: readonly string[] = Object.freeze([])

/** Adds the details that are missing, as they are in what an older version stored. */
export function completeDetails(given: Partial<AgentDetails> | null | undefined): AgentDetails {
  return !given || given === NO_DETAILS ? NO_DETAILS : { ...NO_DETAILS, ...given }
}

/** Returns the names and values of the details by which agents can be filtered. */
export function reportedDetails(details: AgentDetails): (readonly [string, string])[] {
  if (details === NO_DETAILS) return []
  return AGENT_DETAILS.flatMap(({ name, isFilter }) => {
    const value = details[name]
    return isFilter && value !== null ? [[name, value] as const] : []
  })
}

export function sameDetails(
  { details: a }: { readonly details: AgentDetails },
  { details: b }: { readonly details: AgentDetails },
): boolean {
  return a === b || AGENT_DETAILS.every(({ name }) => a[name] === b[name])
}
