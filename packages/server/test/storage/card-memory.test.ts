// What the card of an agent keeps in memory.
import { expect, test } from 'vitest'
import { decodeOptionalFields, encodeOptionalFields } from '../../src/domain/optional-fields.ts'
import { summarizeCard } from '../../src/storage/card-summary.ts'
import { collectGarbage, longLivedBytes } from '../support/long-lived-bytes.ts'

const AGENTS = 200
const CARD_BYTES = 60_000
const WORDS = 'Finds what was asked for, and says where. '.repeat(24)

/** Returns an equal text that shares no memory with it. */
const copyOf = (text: string) => Buffer.from(text).toString()

/** Returns the bytes that stay in memory for each of the values. */
function bytesEach(create: (index: number) => unknown): number {
  collectGarbage({ type: 'major' })
  const before = longLivedBytes()
  const kept = Array.from({ length: AGENTS }, (_, index) => create(index))
  const bytes = longLivedBytes() - before
  expect(kept).toHaveLength(AGENTS)
  return bytes / AGENTS
}

test('of the words of a large card only those that are searched', () => {
  const bytes = bytesEach((index) => {
    const words = `${index} `.padEnd(CARD_BYTES, 'x')
    return summarizeCard({ text: words, format: 'other', words }).summary
  })
  expect(bytes).toBeLessThan(CARD_BYTES / 10)
})

test.each<[string, (index: number) => unknown]>([
  [
    'that register',
    (index) =>
      summarizeCard({ text: `card ${index}`, format: 'other', words: copyOf(WORDS) }).summary,
  ],
  [
    'that are read from a store',
    (index) => {
      const { summary } = summarizeCard({ text: `${index}`, format: 'other', words: WORDS })
      const { details } = decodeOptionalFields(JSON.stringify({ description: WORDS }))
      return decodeOptionalFields(
        encodeOptionalFields({ details, tags: ['search'], card: summary }),
      )
    },
  ],
])('agents of one kind %s share its words', (_, create) => {
  expect(bytesEach(create)).toBeLessThan(WORDS.length / 2)
})
