import type { LeaseBlock, TableLease } from './table-lease.ts'

/** Leases a block holds at the most; full blocks split in two. */
const BLOCK_SIZE = 128

/**
 * What leases are sorted by: whether a lease stands at a key or before it. One comparison of texts
 * is what a step of a search costs, so it is not a number.
 */
export type LeaseOrder = (lease: TableLease, agentId: string, agentName: string) => boolean

/** By agent id, character by character. */
const byId: LeaseOrder = (lease, agentId) => lease.agentId <= agentId

/** By name, and by agent id among those of one name. */
export const byName: LeaseOrder = ({ agentId: id, profile }, agentId, agentName) =>
  profile.agentName === agentName ? id <= agentId : profile.agentName < agentName

/**
 * Leases in order: a list of sorted blocks, as the leaves of a B+ tree. A lookup is two binary
 * searches, an insertion moves at most 128 pointers, and readers that hold a place as "after this
 * id" are not disturbed by changes before or behind it.
 */
export class OrderedLeases {
  readonly #blocks: LeaseBlock[] = []
  readonly #order: LeaseOrder
  readonly #isHome: boolean
  #size = 0

  /**
   * @param options.order default: by agent id
   * @param options.isHome each lease notes its block here, so that a change of the lease can drop
   *   what was made of the block; a lease has one home. Default false.
   */
  constructor(options: { order?: LeaseOrder; isHome?: boolean } = {}) {
    this.#order = options.order ?? byId
    this.#isHome = options.isHome ?? false
  }

  get size(): number {
    return this.#size
  }

  /** Takes in a lease that is not here yet. */
  insert(lease: TableLease): void {
    this.#size++
    this.#insert(lease)
  }

  /** Lets go of a lease; nothing happens when it is not here. What it sorts by is still the same. */
  remove(lease: TableLease): void {
    const at = this.#blockFor(lease.agentId, lease.profile.agentName)
    const block = this.#blocks[at]
    const index = block ? this.#firstAfter(block.leases, lease) - 1 : -1
    if (block === undefined || block.leases[index] !== lease) return
    this.#size--
    block.leases.splice(index, 1)
    block.shown = undefined
    if (this.#isHome) lease.block = undefined
    if (block.leases.length === 0) this.#blocks.splice(at, 1)
    else if (block.leases.length < BLOCK_SIZE / 4 && !this.#join(at)) this.#join(at - 1)
  }

  /**
   * The block that begins behind a place, or the rest of the block that holds it.
   *
   * @param agentId undefined: from the beginning
   * @param agentName for leases that are sorted by it
   */
  after(agentId?: string, agentName = ''): { block: LeaseBlock; from: number } | undefined {
    if (agentId === undefined) return this.#at(0)
    const at = this.#blockFor(agentId, agentName)
    const block = this.#blocks[at]
    if (block === undefined) return undefined
    const from = this.#firstBehind(block.leases, agentId, agentName)
    return from < block.leases.length ? { block, from } : this.#at(at + 1)
  }

  #insert(lease: TableLease): void {
    const at = this.#blockFor(lease.agentId, lease.profile.agentName)
    const block = this.#blocks[at]
    if (block === undefined) {
      this.#blocks.push(this.#adopt([lease]))
      return
    }
    const { leases } = block
    const index = this.#firstAfter(leases, lease)
    if (leases.length < BLOCK_SIZE) {
      leases.splice(index, 0, lease)
      if (this.#isHome) lease.block = block
      block.shown = undefined
      return
    }
    const isLastOfAll = index === leases.length && at === this.#blocks.length - 1
    // Ids that only ever grow would leave every block half empty if they split the last one.
    const tail = isLastOfAll ? [] : leases.splice(BLOCK_SIZE / 2)
    this.#blocks.splice(at + 1, 0, this.#adopt(isLastOfAll ? [lease] : tail))
    block.shown = undefined
    if (!isLastOfAll) this.#insert(lease)
  }

  #at(index: number): { block: LeaseBlock; from: number } | undefined {
    const block = this.#blocks[index]
    return block && { block, from: 0 }
  }

  /** Makes one of a block and the next, if they fit into half a block. */
  #join(at: number): boolean {
    const block = this.#blocks[at]
    const next = this.#blocks[at + 1]
    if (!block || !next || block.leases.length + next.leases.length > BLOCK_SIZE / 2) return false
    this.#blocks.splice(at, 2, this.#adopt([...block.leases, ...next.leases]))
    return true
  }

  #adopt(leases: TableLease[]): LeaseBlock {
    const block: LeaseBlock = { leases, shown: undefined }
    if (this.#isHome) for (const lease of leases) lease.block = block
    return block
  }

  /** Index of the last block that begins at or before a key; 0 when none does. */
  #blockFor(agentId: string, agentName: string): number {
    let low = 0
    let high = this.#blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const first = (this.#blocks[middle] as LeaseBlock).leases[0] as TableLease
      if (this.#order(first, agentId, agentName)) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  #firstAfter(leases: readonly TableLease[], lease: TableLease): number {
    return this.#firstBehind(leases, lease.agentId, lease.profile.agentName)
  }

  /** Index of the first lease that comes after a key. */
  #firstBehind(leases: readonly TableLease[], agentId: string, agentName: string): number {
    let low = 0
    let high = leases.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#order(leases[middle] as TableLease, agentId, agentName)) low = middle + 1
      else high = middle
    }
    return low
  }
}
