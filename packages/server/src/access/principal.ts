import { SCOPES, type Scope } from '@rollcall/protocol'
import { covers } from '../domain/agent-id-pattern.ts'
import type { Caller } from '../domain/caller.ts'

/** Who sends a request. */
export interface Principal extends Caller {
  /** Of the token; several tokens may have the same name, and are then one principal. */
  readonly name: string
  /** The agents that it may change: ids, or beginnings of ids followed by `*`. */
  readonly patterns: readonly string[]
}

/** The pattern of all agents. */
export const ALL_AGENTS = '*'

/** Any caller of a registry without access control. */
export const UNRESTRICTED: Principal = {
  kind: 'anonymous',
  name: 'anonymous',
  scope: 'admin',
  patterns: [ALL_AGENTS],
}

/** A caller without a credential who may read. */
export const ANONYMOUS_READER: Principal = { ...UNRESTRICTED, scope: 'read' }

/** Whether a principal has a scope: its own, or one that its own includes. */
export function hasScope({ scope }: Principal, needed: Scope): boolean {
  return SCOPES.indexOf(scope) >= SCOPES.indexOf(needed)
}

/** Whether the patterns of a principal cover an agent. */
export function coversAgent({ patterns }: Principal, agentId: string): boolean {
  return patterns.some((pattern) => covers(pattern, agentId))
}
