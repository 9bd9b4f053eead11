import type { Scope, TokenRequest } from '@rollcall/protocol'
import { shellQuoted } from '../components/shell-quoted.ts'
import { patternsIn } from '../components/word-list.ts'

/** When a token may expire, in seconds; null: never. */
export const LIFETIMES: Readonly<Record<string, number | null>> = {
  '1 day': 86_400,
  '30 days': 30 * 86_400,
  '90 days': 90 * 86_400,
  '1 year': 365 * 86_400,
  never: null,
}

/** What a user has filled in. */
export interface TokenForm {
  readonly name: string
  readonly scope: Scope
  /** Ids, or beginnings of ids with a `*`, separated by commas or spaces; empty: all. */
  readonly agents: string
  readonly reads: string
  /** One of {@link LIFETIMES}. */
  readonly lifetime: string
}

/** Converts a form. Patterns that the scope does not have are left out. */
export function requestOf({ name, scope, agents, reads, lifetime }: TokenForm): TokenRequest {
  const changes = scope === 'agent' ? patternsIn(agents) : []
  const sees = scope === 'admin' ? [] : patternsIn(reads)
  const seconds = LIFETIMES[lifetime] ?? null
  return {
    name: name.trim(),
    scope,
    ...(changes.length > 0 && { agents: changes }),
    ...(sees.length > 0 && { reads: sees }),
    ...(seconds !== null && { expires_in_seconds: seconds }),
  }
}

/** The command that creates the same token. */
export function commandOf(registryUrl: string, request: TokenRequest): string {
  const { name, scope, agents, reads, expires_in_seconds: seconds } = request
  return [
    `rollcall token create --registry ${registryUrl}`,
    `--name ${shellQuoted(name)} --scope ${scope}`,
    ...(agents ? [`--agents '${agents.join(',')}'`] : []),
    ...(reads ? [`--reads '${reads.join(',')}'`] : []),
    ...(seconds ? [`--expires ${seconds / 86_400}d`] : []),
  ].join(' \\\n  ')
}
