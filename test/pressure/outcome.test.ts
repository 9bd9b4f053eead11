import { describe, expect, test } from 'vitest'
import { type Figures, missesOf, type Outcome } from './outcome.ts'

const HEARTBEATS = { count: 100, p99Ms: 100, maxMs: 900, refused: 3, lost: 0 }
const WITHSTOOD: Figures = {
  undisturbed: { singleP99Ms: 2, batchP99Ms: 3 },
  single: HEARTBEATS,
  batch: HEARTBEATS,
  falseExpiries: 0,
  undisturbedBytes: 0,
  peakBytes: 512 * 2 ** 20,
  attackSeconds: 5,
  secondsToNormal: 5,
  isStillDisturbed: false,
  isServing: true,
  isCut: false,
  findings: [{ what: 'lists', value: 1 }],
}

function outcome(figures: Partial<Figures>, more: Partial<Outcome> = {}): Outcome {
  return {
    attack: 'a',
    title: 'an attack',
    store: 'sqlite',
    sizeName: 'small',
    date: '2026-11-21T09:30:00.000Z',
    isOutage: false,
    figures: { ...WITHSTOOD, ...figures },
    ...more,
  }
}

describe('an attack', () => {
  test('is withstood when every goal is just met', () => {
    expect(missesOf(outcome({}))).toEqual([])
  })

  test.each<[string, Partial<Figures>]>([
    ['p99', { single: { ...HEARTBEATS, p99Ms: 101 } }],
    ['p99', { batch: { ...HEARTBEATS, p99Ms: 101 } }],
    ['expiries', { falseExpiries: 1 }],
    ['expiries', { falseExpiries: undefined }],
    ['memory', { peakBytes: 513 * 2 ** 20 }],
    ['recovery', { secondsToNormal: 5.1 }],
    ['recovery', { isStillDisturbed: true }],
    ['not serving', { isServing: false }],
    ['no response', { isCut: true }],
    ['history', { findings: [{ what: 'history', value: 'lost', isGood: false }] }],
  ])('is not withstood, and its misses include %s', (miss, figures) => {
    expect(missesOf(outcome(figures))).toEqual([miss])
  })

  test('that makes heartbeats impossible has no goal for their latency', () => {
    const slow = { single: { ...HEARTBEATS, p99Ms: 5000 } }
    expect(missesOf(outcome(slow, { isOutage: true }))).toEqual([])
    expect(missesOf(outcome(slow, { p99GoalMs: 10_000 }))).toEqual([])
  })

  test('without figures has its failure as the miss', () => {
    const { figures: _, ...failed } = outcome({})
    expect(missesOf({ ...failed, failure: 'it does not start' })).toEqual(['it does not start'])
  })
})
