import type { Limit } from './limit.ts'

/** Callers and what is remembered of them. */
export const ACCESS_LIMITS = {
  verifiedTokens: {
    what: 'Verified JSON Web Tokens that a node remembers until they expire',
    value: 100_000,
    unit: '',
    beyond:
      'it forgets the one that was verified first, and verifies it again with its next request',
  },
} as const satisfies Record<string, Limit>
