import { describe, expect, test } from 'vitest'
import type { Attack } from './attack.ts'
import { measureAttack } from './measure-attack.ts'

/** More than anything here needs, on any machine; the goal is half of it. */
const MEMORY_BOUND_BYTES = 2 ** 30
const TIMEOUT_MS = 180_000

/**
 * Tests that a registry withstands each of the attacks, on each of the stores, as far as that is
 * independent of the speed of the machine. What could not be shown is skipped, with the reason.
 */
export function testAttacks(attacks: readonly Attack[], sizeName = 'check'): void {
  const runs = attacks.flatMap((attack) =>
    attack.stores.map((store) => ({ attack, store, title: attack.title })),
  )
  describe.each(runs)('$title, on $store', ({ attack, store }) => {
    test('no agent of the fleet expires, memory is bounded, and the registry serves again', {
      timeout: TIMEOUT_MS,
    }, async (context) => {
      const options = { store, sizeName, isInMemory: true }
      const { failure, figures } = await measureAttack(attack, options)
      expect(failure).toBeUndefined()
      const { isCut, isServing, falseExpiries, undisturbedBytes, peakBytes } = figures ?? {}
      expect({ isCut, isServing, falseExpiries }).toEqual({
        isCut: false,
        isServing: true,
        falseExpiries: 0,
      })
      expect((peakBytes ?? 0) - (undisturbedBytes ?? 0)).toBeLessThan(MEMORY_BOUND_BYTES)
      const bad = figures?.findings.filter(({ isGood, isTimed }) => isGood === false && !isTimed)
      expect(bad).toEqual([])
      const notShown = figures?.findings.find(({ value }) => String(value).startsWith('NOT SHOWN'))
      context.skip(notShown !== undefined, String(notShown?.value))
    })
  })
}
