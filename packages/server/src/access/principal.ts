import { SCOPES, type Scope } from '@rollcall/protocol'
import { covers, disjointPatterns } from '../domain/agent-id-pattern.ts'
import type { Caller } from '../domain/caller.ts'

/** Who sends a request. */
export interface Principal extends Caller {
  /** The agents that it may change: ids, or beginnings of ids followed by `*`. */
  readonly patterns: readonly string[]
  /** The agents that it sees: disjoint patterns; undefined: all of them. */
  readonly reads: readonly string[] | undefined
}

/** What a principal may do, as whoever decides it says. */
export interface Grant {
  /** What it may ask for: each scope includes those before it. */
  readonly scope: Scope
  /** The agents that it may change: ids, or beginnings of ids followed by `*`. */
  readonly patterns: readonly string[]
  /** The agents that it sees, besides those that it may change: patterns as well, `*` for all. */
  readonly reads: readonly string[]
}

/** The pattern of all agents. */
export const ALL_AGENTS = '*'

/** Any caller of a registry without access control. */
export const UNRESTRICTED: Principal = {
  kind: 'anonymous',
  name: 'anonymous',
  scope: 'admin',
  patterns: [ALL_AGENTS],
  reads: undefined,
}

/** A caller without a credential who may read. */
export const ANONYMOUS_READER: Principal = { ...UNRESTRICTED, scope: 'read' }

/**
 * Returns who has an identity that others have issued, with what it may do here. Its name ends with its kind, as in
 * `alice (jwt)`: tokens have no spaces in their names, and whoever issues names of one kind cannot choose those of
 * another.
 *
 * @param name as its issuer wrote it
 * @param grant default: nothing
 */
export function grantedPrincipal(
  kind: 'jwt' | 'certificate',
  name: string,
  grant?: Grant,
): Principal {
  const identity = { kind, name: `${name} (${kind})` }
  if (grant === undefined) return { ...identity, scope: 'none', patterns: [], reads: [] }
  const { scope, patterns } = grant
  return { ...identity, scope, patterns, reads: visibleTo(grant) }
}

/** Whether a principal has a scope: its own, or one that its own includes. */
export function hasScope({ scope }: Principal, needed: Scope): boolean {
  return SCOPES.indexOf(scope as Scope) >= SCOPES.indexOf(needed)
}

/**
 * Returns the agents that a principal sees: those in its reads, and those that it may change. Only the scope `agent`
 * changes agents by its patterns, and an operator decides about all.
 *
 * @returns disjoint patterns; undefined: all agents
 */
export function visibleTo({ scope, patterns, reads }: Grant): readonly string[] | undefined {
  if (scope === 'admin') return undefined
  const visible = disjointPatterns(scope === 'agent' ? [...reads, ...patterns] : reads)
  return visible.includes(ALL_AGENTS) ? undefined : visible
}

/** Whether some of these principals see only some agents. */
export function someAreLimited(principals: Iterable<Principal>): boolean {
  for (const { reads } of principals) if (reads !== undefined) return true
  return false
}

/** Whether the patterns of a principal cover an agent. */
export function coversAgent({ patterns }: Principal, agentId: string): boolean {
  return patterns.some((pattern) => covers(pattern, agentId))
}
