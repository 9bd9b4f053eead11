import { expect, test } from 'vitest'
import { parseCard, summaryOf } from '../src/agent/card-summary.ts'

const NOTHING = {
  name: undefined,
  description: undefined,
  version: undefined,
  provider: undefined,
  skills: [],
}

test('a card is summarized by what it has', () => {
  const card = {
    name: 'Reader',
    version: '1',
    provider: { organization: 'Papers' },
    skills: [{ id: 'cite', tags: ['a', 5] }, { name: 'Find', description: 'Finds.' }, 'no skill'],
  }
  expect(summaryOf(card)).toEqual({
    ...{ ...NOTHING, name: 'Reader', version: '1', provider: 'Papers' },
    skills: [
      { name: 'cite', description: '', tags: ['a'] },
      { name: 'Find', description: 'Finds.', tags: [] },
    ],
  })
})

test.each([
  ['{}', NOTHING],
  ['{"name": {}, "provider": "x", "skills": {"a": 1}, "version": 3}', NOTHING],
  ['[]', undefined],
  ['null', undefined],
  ['{', undefined],
])('%s fails nothing', (text, expected) => {
  expect(summaryOf(parseCard(text))).toEqual(expected)
})
