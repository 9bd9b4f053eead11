import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TrigramIndex } from '../../../src/storage/live/indexes/trigram-index.ts'

const NO_LIMIT = Number.POSITIVE_INFINITY

function indexOf(...texts: string[]): TrigramIndex {
  const index = new TrigramIndex()
  for (const [docId, text] of texts.entries()) index.add(docId, text)
  return index
}

describe('the trigram index', () => {
  test('finds the texts that contain a word, at any position', () => {
    const index = indexOf('search', 'research', 'chair\nsearching', 'summary')
    expect(index.find(['sear'], NO_LIMIT)).toEqual([0, 1, 2])
    expect(index.find(['arch'], NO_LIMIT)).toEqual([0, 1, 2])
    expect(index.find(['ing'], NO_LIMIT)).toEqual([2])
    expect(index.find(['nowhere'], NO_LIMIT)).toEqual([])
  })

  test('finds the texts that contain all of some words', () => {
    const index = indexOf('red fox', 'red dog', 'grey fox')
    expect(index.find(['red', 'fox'], NO_LIMIT)).toEqual([0])
    expect(index.find(['red', 'cat'], NO_LIMIT)).toEqual([])
  })

  test('ignores words that are too short, and returns undefined if there are no others', () => {
    const index = indexOf('red fox', 'grey fox')
    expect(index.find([], NO_LIMIT)).toBeUndefined()
    expect(index.find(['re', 'x'], NO_LIMIT)).toBeUndefined()
    expect(index.find(['re', 'grey'], NO_LIMIT)).toEqual([1])
  })

  test('does not match a word across two lines', () => {
    expect(indexOf('ab\ncd').find(['abc'], NO_LIMIT)).toEqual([])
    expect(indexOf('ab\ncd').find(['bcd'], NO_LIMIT)).toEqual([])
    expect(indexOf('abc\ndef').find(['bcd'], NO_LIMIT)).toEqual([])
  })

  test('gives up beyond a limit', () => {
    const index = indexOf('fox 1', 'fox 2', 'fox 3')
    expect(index.find(['fox'], 3)).toEqual([0, 1, 2])
    expect(index.find(['fox'], 2)).toBeUndefined()
  })

  test('removes a document, and nothing else', () => {
    const index = indexOf('red fox, red fox', 'red fox', 'grey fox')
    index.remove(0, 'red fox, red fox')
    expect(index.find(['fox'], NO_LIMIT)).toEqual([1, 2])
    index.remove(1, 'red fox')
    expect(index.find(['red'], NO_LIMIT)).toEqual([])
    index.add(1, 'blue')
    expect(index.find(['blue'], NO_LIMIT)).toEqual([1])
    expect(index.find(['fox'], NO_LIMIT)).toEqual([2])
  })
})

/** Few letters, so that texts overlap; some are two UTF-16 code units. */
const letters = fc.constantFrom('a', 'b', 'c', 'ä', '訳', '🛰', ' ', '\n')
const text = fc.array(letters, { maxLength: 12 }).map((all) => all.join(''))
const word = fc
  .array(letters, { minLength: 1, maxLength: 5 })
  .map((all) => all.join('').replaceAll(/\s/g, ''))

test('the trigram index never misses a text with the words, and returns no removed documents', () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 15 }), text), { maxLength: 60, size: 'max' })
  const words = fc.array(word, { maxLength: 3 })
  fc.assert(
    fc.property(steps, fc.array(words, { maxLength: 10 }), (sequence, searches) => {
      const index = new TrigramIndex()
      const texts = new Map<number, string>()
      for (const [docId, next] of sequence) {
        const known = texts.get(docId)
        if (known === undefined) {
          index.add(docId, next)
          texts.set(docId, next)
        } else {
          index.remove(docId, known)
          texts.delete(docId)
        }
      }
      for (const search of searches) {
        const found = index.find(search, NO_LIMIT)
        if (found === undefined) {
          expect(search.every((each) => each.length < 3)).toBe(true)
          continue
        }
        for (const [docId, known] of texts) {
          if (search.every((each) => known.includes(each))) expect(found).toContain(docId)
        }
        expect(found.filter((docId) => !texts.has(docId))).toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})
