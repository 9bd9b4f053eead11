import { describe, expect, test } from 'vitest'
import {
  actorOf,
  type Caller,
  isOwnedByOther,
  isSameCaller,
  ownerOf,
} from '../../src/domain/caller.ts'
import { ADMIN, ANN, ANYBODY, BO } from '../../src/testing/sample-callers.ts'

const ANOTHER_OF_ANN: Caller = { ...ANN }
/** An anonymous caller that is no admin, and is called like a principal. */
const FORGED: Caller = { kind: 'anonymous', name: 'ann', scope: 'agent' }

describe('an agent of ann', () => {
  test.each([
    ['ann', ANN, false],
    ['another token of ann', ANOTHER_OF_ANN, false],
    ['an admin', ADMIN, false],
    ['any caller of an open registry', ANYBODY, false],
    ['the application itself', undefined, false],
    ['another principal', BO, true],
    ['an anonymous caller called ann', FORGED, true],
  ])('may be changed by %s unless it belongs to another: %#', (_who, caller, isRefused) => {
    expect(isOwnedByOther({ owner: 'ann' }, caller)).toBe(isRefused)
    expect(isOwnedByOther({ owner: null }, caller)).toBe(false)
  })
})

test('what an anonymous caller registers belongs to nobody', () => {
  expect([ANN, ADMIN, ANYBODY, undefined].map(ownerOf)).toEqual(['ann', 'root', null, null])
})

test('an anonymous actor cannot be taken for a principal', () => {
  expect([ANN, ANYBODY, FORGED, undefined].map(actorOf)).toEqual([
    'ann',
    'anonymous (192.0.2.1)',
    'anonymous (unknown)',
    null,
  ])
})

test.each([
  [ANN, ANOTHER_OF_ANN, true],
  [undefined, undefined, true],
  [ANN, BO, false],
  [ANN, { ...ANN, scope: 'admin' } as Caller, false],
  [ANN, undefined, false],
  [ANYBODY, { ...ANYBODY, address: '192.0.2.2' }, true],
])('%o and %o are the same author: %s', (a, b, isSame) => {
  expect(isSameCaller(a, b)).toBe(isSame)
})
