import type { AgentRecord } from './agent-record.ts'
import type { Lease } from './lease.ts'

/** Leases a block holds at the most; full blocks split in two. */
const BLOCK_SIZE = 128

/** A run of neighbouring leases, and how they were last shown. */
export interface LeaseBlock {
  readonly leases: Lease[]
  /** Dropped as soon as any lease of the block changes. */
  shown: ShownBlock | undefined
}

/** The records of a block as they were read, and for how long that reading is true. */
export interface ShownBlock {
  readonly records: readonly AgentRecord[]
  /** Those of them that are alive; the same array when all are. */
  readonly alive: readonly AgentRecord[]
  /** Lease time from which one of the records would read as dead. */
  readonly trueUntil: number
  /** See `LeaseClock.shifts`. */
  readonly shifts: number
}

/**
 * All leases sorted by agent id: a list of sorted blocks, as the leaves of a B+ tree. A lookup is
 * two binary searches, an insertion moves at most 128 pointers, and readers that hold a place as
 * "after this id" are not disturbed by changes before or behind it.
 */
export class OrderedLeases {
  readonly #blocks: LeaseBlock[] = []

  insert(lease: Lease): void {
    const at = this.#blockFor(lease.agentId)
    const block = this.#blocks[at]
    if (block === undefined) {
      this.#blocks.push(adopt([lease]))
      return
    }
    const { leases } = block
    const index = firstAfter(leases, lease.agentId)
    if (leases.length < BLOCK_SIZE) {
      leases.splice(index, 0, lease)
      lease.block = block
      block.shown = undefined
      return
    }
    const isLastOfAll = index === leases.length && at === this.#blocks.length - 1
    // Ids that only ever grow would leave every block half empty if they split the last one.
    const tail = isLastOfAll ? [] : leases.splice(BLOCK_SIZE / 2)
    this.#blocks.splice(at + 1, 0, adopt(isLastOfAll ? [lease] : tail))
    block.shown = undefined
    if (!isLastOfAll) this.insert(lease)
  }

  remove(lease: Lease): void {
    const { block } = lease
    if (block === undefined) return
    block.leases.splice(firstAfter(block.leases, lease.agentId) - 1, 1)
    block.shown = undefined
    lease.block = undefined
    if (block.leases.length < BLOCK_SIZE / 4) this.#shrink(block, lease.agentId)
  }

  /** The block that begins behind an id, or the rest of the block that holds it. */
  after(agentId: string | undefined): { block: LeaseBlock; from: number } | undefined {
    if (agentId === undefined) return this.#at(0)
    const at = this.#blockFor(agentId)
    const block = this.#blocks[at]
    if (block === undefined) return undefined
    const from = firstAfter(block.leases, agentId)
    return from < block.leases.length ? { block, from } : this.#at(at + 1)
  }

  #at(index: number): { block: LeaseBlock; from: number } | undefined {
    const block = this.#blocks[index]
    return block && { block, from: 0 }
  }

  /** An empty block goes, and a small one joins a neighbour when both fit into half a block. */
  #shrink(block: LeaseBlock, agentId: string): void {
    const found = this.#blockFor(agentId)
    const at = this.#blocks[found] === block ? found : this.#blocks.indexOf(block)
    if (block.leases.length === 0) this.#blocks.splice(at, 1)
    else if (!this.#join(at)) this.#join(at - 1)
  }

  /** Makes one of a block and the next, if they are small enough. */
  #join(at: number): boolean {
    const block = this.#blocks[at]
    const next = this.#blocks[at + 1]
    if (!block || !next || block.leases.length + next.leases.length > BLOCK_SIZE / 2) return false
    this.#blocks.splice(at, 2, adopt([...block.leases, ...next.leases]))
    return true
  }

  /** Index of the last block that begins at or before an id; 0 when none does. */
  #blockFor(agentId: string): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const first = (this.#blocks[middle] as LeaseBlock).leases[0]
      if (first !== undefined && first.agentId <= agentId) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }
}

function adopt(leases: Lease[]): LeaseBlock {
  const block: LeaseBlock = { leases, shown: undefined }
  for (const lease of leases) lease.block = block
  return block
}

/** Index of the first lease whose id is greater. */
function firstAfter(leases: readonly Lease[], agentId: string): number {
  let low = 0
  let high = leases.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((leases[middle] as Lease).agentId <= agentId) low = middle + 1
    else high = middle
  }
  return low
}
