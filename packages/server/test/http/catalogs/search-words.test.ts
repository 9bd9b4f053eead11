import { describe, expect, test } from 'vitest'
import { wordsToFind } from '../../../src/http/catalogs/ard/search-words.ts'

describe('the words of a sentence', () => {
  test.each([
    ['Which agent can translate legal papers for me?', ['translate', 'legal', 'paper']],
    ['weather forecast tools', ['forecast', 'weather']],
    ['GLASS buses', ['glass', 'buse']],
    ['papers, papers; PAPERS!', ['paper']],
    ['the to be', ['the', 'to', 'be']],
    ['C++ and R', ['and', 'c', 'r']],
    ['Übersetzt Σίσυφος 中文', ['übersetzt', 'σίσυφοσ', '中文']],
    ['?!', []],
    ['', []],
  ])('of %j are those that say something', (text, words) => {
    expect(wordsToFind(text)).toEqual(words)
  })

  test('are at most sixteen, the longest', () => {
    const words = Array.from({ length: 40 }, (_, index) => 'x'.repeat(3 + index))
    const found = wordsToFind(words.join(' '))
    expect(found).toHaveLength(16)
    expect(found[0]).toHaveLength(42)
  })
})
