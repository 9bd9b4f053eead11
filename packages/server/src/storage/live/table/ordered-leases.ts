import { partitionPoint } from '../partition-point.ts'
import type { LeaseBlock, TableLease } from './table-lease.ts'

/** Most leases in a block; full blocks are split in two. */
const BLOCK_SIZE = 128

/**
 * A sort order: returns whether a lease is at or before a key. A boolean rather than a number, because a
 * step of a search then costs a single text comparison.
 */
export type LeaseOrder = (lease: TableLease, agentId: string, agentName: string) => boolean

/** Orders by agent id, character by character. */
const byId: LeaseOrder = (lease, agentId) => lease.agentId <= agentId

/** Orders by name, then by agent id. */
export const byName: LeaseOrder = ({ agentId: id, profile }, agentId, agentName) =>
  profile.agentName === agentName ? id <= agentId : profile.agentName < agentName

/**
 * Leases in sorted order: a list of sorted blocks, like the leaves of a B+ tree. A lookup is two binary
 * searches, and an insertion moves at most 128 pointers. Readers use "after this id" as a cursor, which
 * stays valid across changes before or after it.
 */
export class OrderedLeases {
  readonly #blocks: LeaseBlock[] = []
  readonly #order: LeaseOrder
  readonly #isPrimary: boolean
  #size = 0

  /**
   * @param options.order default: by agent id
   * @param options.isPrimary each lease refers to its block here, so that a change of the lease can
   *   invalidate the cached view of the block; a lease has one primary list. Default false.
   */
  constructor(options: { order?: LeaseOrder; isPrimary?: boolean } = {}) {
    this.#order = options.order ?? byId
    this.#isPrimary = options.isPrimary ?? false
  }

  get size(): number {
    return this.#size
  }

  /** Inserts a lease that is not in the list. */
  insert(lease: TableLease): void {
    this.#size++
    this.#insert(lease)
  }

  /** Removes a lease, if it is in the list. Its sort key must be unchanged since it was inserted. */
  remove(lease: TableLease): void {
    const at = this.#blockFor(lease.agentId, lease.profile.agentName)
    const block = this.#blocks[at]
    const index = block ? this.#firstAfterLease(block.leases, lease) - 1 : -1
    if (block === undefined || block.leases[index] !== lease) return
    this.#size--
    block.leases.splice(index, 1)
    block.cachedView = undefined
    if (this.#isPrimary) lease.block = undefined
    if (block.leases.length === 0) this.#blocks.splice(at, 1)
    else if (block.leases.length < BLOCK_SIZE / 4 && !this.#merge(at)) this.#merge(at - 1)
  }

  /**
   * Returns the first block with leases after a key, and the index of the first of these.
   *
   * @param agentId undefined: from the start
   * @param agentName for lists sorted by name
   */
  after(agentId?: string, agentName = ''): { block: LeaseBlock; from: number } | undefined {
    if (agentId === undefined) return this.#at(0)
    const at = this.#blockFor(agentId, agentName)
    const block = this.#blocks[at]
    if (block === undefined) return undefined
    const from = this.#firstAfterKey(block.leases, agentId, agentName)
    return from < block.leases.length ? { block, from } : this.#at(at + 1)
  }

  /** Returns an upper bound of how many leases are after one id, up to another: exact to two blocks. */
  countAtMost(afterId: string, upToId: string): number {
    const blocks = this.#blockFor(upToId, '') - this.#blockFor(afterId, '') + 1
    return Math.min(this.#size, blocks * BLOCK_SIZE)
  }

  #insert(lease: TableLease): void {
    const at = this.#blockFor(lease.agentId, lease.profile.agentName)
    const block = this.#blocks[at]
    if (block === undefined) {
      this.#blocks.push(this.#createBlock([lease]))
      return
    }
    const { leases } = block
    const index = this.#firstAfterLease(leases, lease)
    if (leases.length < BLOCK_SIZE) {
      leases.splice(index, 0, lease)
      if (this.#isPrimary) lease.block = block
      block.cachedView = undefined
      return
    }
    const isLastOfAll = index === leases.length && at === this.#blocks.length - 1
    // Splitting the last block would leave every block half empty when ids are ascending.
    const tail = isLastOfAll ? [] : leases.splice(BLOCK_SIZE / 2)
    this.#blocks.splice(at + 1, 0, this.#createBlock(isLastOfAll ? [lease] : tail))
    block.cachedView = undefined
    if (!isLastOfAll) this.#insert(lease)
  }

  #at(index: number): { block: LeaseBlock; from: number } | undefined {
    const block = this.#blocks[index]
    return block && { block, from: 0 }
  }

  /** Merges a block with the next one, if both fit into half a block. */
  #merge(at: number): boolean {
    const block = this.#blocks[at]
    const next = this.#blocks[at + 1]
    if (!block || !next || block.leases.length + next.leases.length > BLOCK_SIZE / 2) return false
    this.#blocks.splice(at, 2, this.#createBlock([...block.leases, ...next.leases]))
    return true
  }

  #createBlock(leases: TableLease[]): LeaseBlock {
    const block: LeaseBlock = { leases, cachedView: undefined }
    if (this.#isPrimary) for (const lease of leases) lease.block = block
    return block
  }

  /** Returns the index of the last block that starts at or before a key; 0 when there is none. */
  #blockFor(agentId: string, agentName: string): number {
    const end = partitionPoint(this.#blocks.length, (index) => {
      const first = (this.#blocks[index] as LeaseBlock).leases[0] as TableLease
      return this.#order(first, agentId, agentName)
    })
    return Math.max(0, end - 1)
  }

  #firstAfterLease(leases: readonly TableLease[], lease: TableLease): number {
    return this.#firstAfterKey(leases, lease.agentId, lease.profile.agentName)
  }

  /** Returns the index of the first lease after a key. */
  #firstAfterKey(leases: readonly TableLease[], agentId: string, agentName: string): number {
    return partitionPoint(leases.length, (index) =>
      this.#order(leases[index] as TableLease, agentId, agentName),
    )
  }
}
