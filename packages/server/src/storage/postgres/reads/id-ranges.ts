import { prefixOf } from '../../../domain/agent-id-pattern.ts'

/** Sorts after every character of an id. */
const AFTER_ALL = '~'

/** Ranges of ids, from the first to the last of each. */
export interface IdRanges {
  readonly first: readonly string[]
  readonly last: readonly string[]
}

/**
 * Returns ranges of the primary key, whose order is that of the characters.
 *
 * @param patterns disjoint patterns of ids
 */
export function idRanges(patterns: readonly string[]): IdRanges {
  return {
    first: patterns.map((pattern) => prefixOf(pattern) ?? pattern),
    last: patterns.map((pattern) => {
      const prefix = prefixOf(pattern)
      return prefix === undefined ? pattern : prefix + AFTER_ALL
    }),
  }
}
