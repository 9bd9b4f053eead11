import { describe, expect, test } from 'vitest'
import {
  BRANCH_LIMIT,
  branchesOf,
  containsPosition,
  currentBranch,
  withBranch,
} from '../../src/domain/branch.ts'

const line = [
  { id: 'first', beganAt: 0 },
  { id: 'second', beganAt: 10 },
  { id: 'third', beganAt: 10 },
  { id: 'last', beganAt: 25 },
]

describe('a line of branches', () => {
  test.each([
    // Revision by which the next branch began.
    ['first', 10],
    ['second', 10],
    ['third', 25],
  ])('contains positions in %s up to %i', (branch, end) => {
    expect(containsPosition(line, { branch, revision: 0 })).toBe(true)
    expect(containsPosition(line, { branch, revision: end })).toBe(true)
    expect(containsPosition(line, { branch, revision: end + 1 })).toBe(false)
  })

  test('contains every position in its last branch, and none in another', () => {
    expect(containsPosition(line, { branch: 'last', revision: 1e9 })).toBe(true)
    expect(containsPosition(line, { branch: 'other', revision: 0 })).toBe(false)
  })

  test('does not contain what a later branch lost, even if the next one began after it', () => {
    const restored = [...line, { id: 'restored', beganAt: 5 }]
    expect(containsPosition(restored, { branch: 'first', revision: 5 })).toBe(true)
    for (const { id } of line) {
      expect(containsPosition(restored, { branch: id, revision: 6 })).toBe(false)
    }
  })

  test('keeps the newest branches', () => {
    let branches = withBranch([], { id: '0', beganAt: 0 })
    for (let start = 1; start <= BRANCH_LIMIT; start++) {
      branches = withBranch(branches, { id: `${start}`, beganAt: start })
    }
    expect(branches).toHaveLength(BRANCH_LIMIT)
    expect([branches[0]?.id, branches.at(-1)?.id]).toEqual(['1', `${BRANCH_LIMIT}`])
  })
})

describe('a history', () => {
  test('continues in its last branch', () => {
    expect(currentBranch({ epoch: 'first', revision: 30, branches: line })).toBe('last')
  })

  test('of a store that records no branches has one, named as the epoch', () => {
    const history = { epoch: 'epoch', revision: 30 }
    expect(currentBranch(history)).toBe('epoch')
    expect(branchesOf(history)).toEqual([{ id: 'epoch', beganAt: 0 }])
  })
})
