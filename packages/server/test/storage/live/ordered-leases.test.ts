import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OrderedLeases } from '../../../src/storage/live/table/ordered-leases.ts'
import type { LeaseBlock, TableLease } from '../../../src/storage/live/table/table-lease.ts'
import { sampleLease } from './sample-lease.ts'

const BLOCK_SIZE = 128

function blocksOf(leases: OrderedLeases): LeaseBlock[] {
  const blocks: LeaseBlock[] = []
  for (let after: string | undefined; ; ) {
    const found = leases.after(after)
    if (found === undefined) return blocks
    expect(found.from).toBe(0)
    blocks.push(found.block)
    after = found.block.leases.at(-1)?.agentId
  }
}

function idsOf(leases: OrderedLeases): string[] {
  return blocksOf(leases).flatMap((block) => block.leases.map(({ agentId }) => agentId))
}

describe('ordered leases', () => {
  test('are empty at first', () => {
    const leases = new OrderedLeases({ isPrimary: true })
    expect(leases.after(undefined)).toBeUndefined()
    expect(leases.after('a')).toBeUndefined()
  })

  test('are found after any id, whether the agent exists or not', () => {
    const leases = new OrderedLeases({ isPrimary: true })
    for (const agentId of ['b', 'd', 'f']) leases.insert(sampleLease({ agentId }))
    const nextAfter = (agentId: string) => {
      const found = leases.after(agentId)
      return found?.block.leases[found.from]?.agentId
    }
    expect(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(nextAfter)).toEqual([
      ...['b', 'd', 'd', 'f', 'f'],
      ...[undefined, undefined],
    ])
  })

  test('have full blocks when ids are ascending, and at least half-full blocks otherwise', () => {
    const growing = new OrderedLeases()
    const shrinking = new OrderedLeases()
    for (let i = 0; i < 1280; i++) {
      growing.insert(sampleLease({ agentId: `a${10_000 + i}` }))
      shrinking.insert(sampleLease({ agentId: `a${20_000 - i}` }))
    }
    expect(blocksOf(growing)).toHaveLength(1280 / BLOCK_SIZE)
    expect(blocksOf(shrinking).length).toBeLessThanOrEqual((2 * 1280) / BLOCK_SIZE)
  })

  test('merge their blocks when most agents are removed', () => {
    const leases = new OrderedLeases({ isPrimary: true })
    const all = Array.from({ length: 5_000 }, (_, i) => sampleLease({ agentId: `a${10_000 + i}` }))
    for (const lease of all) leases.insert(lease)
    for (const [index, lease] of all.entries()) if (index % 100 !== 0) leases.remove(lease)
    expect(idsOf(leases)).toHaveLength(50)
    // Pages follow blocks: a list of 50 agents must not consist of dozens of them.
    expect(blocksOf(leases).length).toBeLessThanOrEqual(8)
  })

  test('invalidate the cached view of a block when it changes', () => {
    const leases = new OrderedLeases({ isPrimary: true })
    const [first, second] = [sampleLease({ agentId: 'a' }), sampleLease({ agentId: 'b' })]
    leases.insert(first)
    const cacheView = () => {
      const block = leases.after(undefined)?.block as LeaseBlock
      block.cachedView = { records: [], alive: [], validUntil: 0, offsetVersion: 0 }
      return block
    }
    const block = cacheView()
    leases.insert(second)
    expect(block.cachedView).toBeUndefined()
    expect(cacheView()).toBe(block)
    leases.remove(first)
    expect(block.cachedView).toBeUndefined()
  })

  test('are equal to a sorted array after any additions and removals', () => {
    // Each number adds an agent, or removes it if it is present.
    const toggles = fc.array(fc.nat({ max: 700 }), { maxLength: 3_000, size: 'max' })
    fc.assert(
      fc.property(toggles, fc.nat({ max: 700 }), (sequence, afterNumber) => {
        const leases = new OrderedLeases({ isPrimary: true })
        const present = new Map<string, TableLease>()
        for (const number of sequence) {
          const agentId = `a${number}`
          const known = present.get(agentId)
          if (known) {
            leases.remove(known)
            present.delete(agentId)
          } else {
            const lease = sampleLease({ agentId })
            leases.insert(lease)
            present.set(agentId, lease)
          }
        }
        const sorted = [...present.keys()].toSorted()
        expect(idsOf(leases)).toEqual(sorted)
        for (const block of blocksOf(leases)) {
          expect(block.leases.length).toBeLessThanOrEqual(BLOCK_SIZE)
          expect(block.leases.every((lease) => lease.block === block)).toBe(true)
        }
        const found = leases.after(`a${afterNumber}`)
        expect(found?.block.leases[found.from]?.agentId).toBe(
          sorted.find((agentId) => agentId > `a${afterNumber}`),
        )
      }),
      { numRuns: 50 },
    )
  })
})
