import type { Limit } from './limit.ts'

/** The signatures of cards, which are verified when somebody asks. */
export const CARD_LIMITS = {
  cardSignatures: {
    what: 'Signatures of a card that are verified',
    value: 8,
    unit: '',
    beyond: 'the others are ignored',
  },
  cardKeySets: {
    what: 'Sets of keys of signed cards that a node remembers, for 5 minutes each',
    value: 256,
    unit: '',
    beyond: 'it forgets the oldest, and reads it again when it is needed',
  },
  cardKeyDownloads: {
    what: 'Sets of keys of signed cards that are read at once',
    value: 16,
    unit: '',
    beyond: 'the signature is `unchecked`',
  },
} as const satisfies Record<string, Limit>
