import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TrigramIndex } from '../../../src/storage/live/indexes/trigram-index.ts'

const EVERYTHING = Number.POSITIVE_INFINITY

function indexOf(...texts: string[]): TrigramIndex {
  const index = new TrigramIndex()
  for (const [slot, text] of texts.entries()) index.add(slot, text)
  return index
}

describe('the index of texts', () => {
  test('finds the texts that contain a word, wherever it stands', () => {
    const index = indexOf('search', 'research', 'chair\nsearching', 'summary')
    expect(index.find(['sear'], EVERYTHING)).toEqual([0, 1, 2])
    expect(index.find(['arch'], EVERYTHING)).toEqual([0, 1, 2])
    expect(index.find(['ing'], EVERYTHING)).toEqual([2])
    expect(index.find(['nowhere'], EVERYTHING)).toEqual([])
  })

  test('finds the texts that contain all of some words', () => {
    const index = indexOf('red fox', 'red dog', 'grey fox')
    expect(index.find(['red', 'fox'], EVERYTHING)).toEqual([0])
    expect(index.find(['red', 'cat'], EVERYTHING)).toEqual([])
  })

  test('says nothing of words that are too short, and goes by the others', () => {
    const index = indexOf('red fox', 'grey fox')
    expect(index.find([], EVERYTHING)).toBeUndefined()
    expect(index.find(['re', 'x'], EVERYTHING)).toBeUndefined()
    expect(index.find(['re', 'grey'], EVERYTHING)).toEqual([1])
  })

  test('does not take what stands on two lines for a word', () => {
    expect(indexOf('ab\ncd').find(['abc'], EVERYTHING)).toEqual([])
    expect(indexOf('ab\ncd').find(['bcd'], EVERYTHING)).toEqual([])
    expect(indexOf('abc\ndef').find(['bcd'], EVERYTHING)).toEqual([])
  })

  test('gives up beyond a limit', () => {
    const index = indexOf('fox 1', 'fox 2', 'fox 3')
    expect(index.find(['fox'], 3)).toEqual([0, 1, 2])
    expect(index.find(['fox'], 2)).toBeUndefined()
  })

  test('forgets what was removed, and nothing else', () => {
    const index = indexOf('red fox, red fox', 'red fox', 'grey fox')
    index.remove(0, 'red fox, red fox')
    expect(index.find(['fox'], EVERYTHING)).toEqual([1, 2])
    index.remove(1, 'red fox')
    expect(index.find(['red'], EVERYTHING)).toEqual([])
    index.add(1, 'blue')
    expect(index.find(['blue'], EVERYTHING)).toEqual([1])
    expect(index.find(['fox'], EVERYTHING)).toEqual([2])
  })
})

/** Of few letters, so that texts have much in common; some need two UTF-16 units. */
const letters = fc.constantFrom('a', 'b', 'c', 'ä', '訳', '🛰', ' ', '\n')
const text = fc.array(letters, { maxLength: 12 }).map((all) => all.join(''))
const word = fc
  .array(letters, { minLength: 1, maxLength: 5 })
  .map((all) => all.join('').replaceAll(/\s/g, ''))

test('the index of texts never misses one that contains the words, and forgets what was removed', () => {
  const steps = fc.array(fc.tuple(fc.nat({ max: 15 }), text), { maxLength: 60, size: 'max' })
  const words = fc.array(word, { maxLength: 3 })
  fc.assert(
    fc.property(steps, fc.array(words, { maxLength: 10 }), (sequence, searches) => {
      const index = new TrigramIndex()
      const texts = new Map<number, string>()
      for (const [slot, next] of sequence) {
        const known = texts.get(slot)
        if (known === undefined) {
          index.add(slot, next)
          texts.set(slot, next)
        } else {
          index.remove(slot, known)
          texts.delete(slot)
        }
      }
      for (const search of searches) {
        const found = index.find(search, EVERYTHING)
        if (found === undefined) {
          expect(search.every((each) => each.length < 3)).toBe(true)
          continue
        }
        for (const [slot, known] of texts) {
          if (search.every((each) => known.includes(each))) expect(found).toContain(slot)
        }
        expect(found.filter((slot) => !texts.has(slot))).toEqual([])
      }
    }),
    { numRuns: 300 },
  )
})
