// The column that holds what most agents lack.
import { expect, test } from 'vitest'
import { completeDetails } from '../../src/domain/details.ts'
import { decodeOptionalFields, encodeOptionalFields } from '../../src/domain/optional-fields.ts'

const CARD = { digest: 'd'.repeat(43), format: 'a2a-1.0', words: 'Search\n"card":{"x":1}}' }

test.each([
  ['nothing', { details: null, tags: [], card: null }],
  ['details', { details: { description: 'Says "card": so' }, tags: [], card: null }],
  ['tags', { details: null, tags: ['"card":', ',"card":{}}'], card: null }],
  ['a card alone', { details: null, tags: [], card: CARD }],
  ['a card beside tags', { details: null, tags: ['"card":'], card: CARD }],
  [
    'all of them',
    {
      details: {
        description: '\u{1F4C7} "card":',
        protocol: 'a2a',
        cardUrl: 'https://a.example/card',
      },
      tags: ['a', 'b'],
      card: CARD,
    },
  ],
])('reads back %s', (_, { details, tags, card }) => {
  const fields = { details: completeDetails(details), tags, card }
  expect(decodeOptionalFields(encodeOptionalFields(fields))).toEqual(fields)
  // Again, from what is shared.
  expect(decodeOptionalFields(encodeOptionalFields(fields))).toEqual(fields)
})

test('agents that describe themselves alike share one object, whatever their cards are', () => {
  const details = completeDetails({ description: 'Answers questions.' })
  const [one, other] = ['1', '2'].map((digest) =>
    decodeOptionalFields(encodeOptionalFields({ details, tags: ['a'], card: { ...CARD, digest } })),
  )
  expect(one?.details).toBe(other?.details)
  expect(one?.tags).toBe(other?.tags)
  expect(one?.card).not.toEqual(other?.card)
})
