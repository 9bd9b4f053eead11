import { AGENT_DETAILS, type AgentDetails, NO_DETAILS } from '@rollcall/protocol'
import { InternCache } from './intern-cache.ts'

const decoded = new InternCache<AgentDetails>()

/** Adds the details that are missing, as they are in what an older version stored. */
export function completeDetails(given: Partial<AgentDetails> | null | undefined): AgentDetails {
  return !given || given === NO_DETAILS ? NO_DETAILS : { ...NO_DETAILS, ...given }
}

/** Encodes the reported details as JSON for a column; null: none. */
export function encodeDetails(details: AgentDetails): string | null {
  if (details === NO_DETAILS) return null
  const reported = Object.entries(details).filter(([, value]) => value !== null)
  return reported.length === 0 ? null : JSON.stringify(Object.fromEntries(reported))
}

/** Returns the names and values of the details by which agents can be filtered. */
export function reportedDetails(details: AgentDetails): (readonly [string, string])[] {
  if (details === NO_DETAILS) return []
  return AGENT_DETAILS.flatMap(({ name, isFilter }) => {
    const value = details[name]
    return isFilter && value !== null ? [[name, value] as const] : []
  })
}

/** Reverses {@link encodeDetails}; equal texts share one object. */
export function decodeDetails(json: string | null): AgentDetails {
  if (json === null) return NO_DETAILS
  return decoded.getOrCreate(json, () => Object.freeze(completeDetails(JSON.parse(json))))
}

export function sameDetails(
  { details: a }: { readonly details: AgentDetails },
  { details: b }: { readonly details: AgentDetails },
): boolean {
  return a === b || AGENT_DETAILS.every(({ name }) => a[name] === b[name])
}
