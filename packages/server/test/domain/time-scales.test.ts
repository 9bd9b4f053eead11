import { expect, expectTypeOf, test } from 'vitest'
import type { Lease } from '../../src/domain/lease.ts'
import type { LeaseTimes } from '../../src/domain/lease-views.ts'
import {
  type BeatTime,
  beatTime,
  type LeaseTime,
  later,
  leaseTime,
} from '../../src/domain/time-scales.ts'

test('a later point is on the same scale', () => {
  expect(later(leaseTime(1_000), 500)).toBe(1_500)
  expectTypeOf(later(leaseTime(1_000), 500)).toEqualTypeOf<LeaseTime>()
  expectTypeOf(later(beatTime(1_000), 500)).toEqualTypeOf<BeatTime>()
})

// Checked by `npm run check:types`.
test('points of different scales do not mix, and a number is a point on none', () => {
  expectTypeOf<LeaseTime>().not.toExtend<BeatTime>()
  expectTypeOf<BeatTime>().not.toExtend<LeaseTime>()
  expectTypeOf<number>().not.toExtend<LeaseTime>()
  expectTypeOf<number>().not.toExtend<BeatTime>()
  expectTypeOf<Lease['deadline']>().toEqualTypeOf<LeaseTime>()
  expectTypeOf<Lease['lastBeat']>().toEqualTypeOf<BeatTime>()
  expectTypeOf<LeaseTimes['toBeat']>().parameters.toEqualTypeOf<[LeaseTime]>()
  expectTypeOf<LeaseTimes['beatToWall']>().parameters.toEqualTypeOf<[BeatTime]>()
})
