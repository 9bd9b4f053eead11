/** Slots of one container: those that share their upper bits. */
const CONTAINER_BITS = 16
const LOW_BITS = (1 << CONTAINER_BITS) - 1
/** Slots that an array holds; above, a bit for each possible slot takes less room. */
const ARRAY_LIMIT = 4096
const WORDS = (1 << CONTAINER_BITS) / 32
const SMALLEST_ARRAY = 4

/** Slots in order, or one bit for each. */
type Container = SlotList | Uint32Array

interface SlotList {
  slots: Uint16Array
  count: number
}

/**
 * A set of small whole numbers that takes two bytes for each, or a bit where they lie densely:
 * containers of 65 536 numbers, as in Roaring bitmaps (Chambi, Lemire, Kaser and Godin, 2016).
 */
export class SlotSet {
  readonly #containers: (Container | undefined)[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  add(slot: number): void {
    const at = slot >>> CONTAINER_BITS
    const low = slot & LOW_BITS
    const container = this.#containers[at]
    if (container instanceof Uint32Array) {
      const word = low >>> 5
      const before = container[word] as number
      const bit = 1 << (low & 31)
      if (before & bit) return
      container[word] = before | bit
      this.#size++
      return
    }
    const list = container ?? { slots: new Uint16Array(SMALLEST_ARRAY), count: 0 }
    if (holds(list, low)) return
    if (list.count === ARRAY_LIMIT) {
      this.#containers[at] = toBits(list)
      this.add(slot)
      return
    }
    this.#containers[at] = list
    if (list.count === list.slots.length) list.slots = doubled(list.slots)
    const index = firstAtLeast(list, low)
    list.slots.copyWithin(index + 1, index, list.count)
    list.slots[index] = low
    list.count++
    this.#size++
  }

  delete(slot: number): void {
    const container = this.#containers[slot >>> CONTAINER_BITS]
    const low = slot & LOW_BITS
    if (container === undefined) return
    if (container instanceof Uint32Array) {
      const word = low >>> 5
      const before = container[word] as number
      const bit = 1 << (low & 31)
      if ((before & bit) === 0) return
      container[word] = before & ~bit
      this.#size--
      return
    }
    if (!holds(container, low)) return
    const index = firstAtLeast(container, low)
    container.slots.copyWithin(index, index + 1, container.count)
    container.count--
    this.#size--
  }

  /**
   * The numbers that are in every one of some sets; undefined when they are more than `limit`:
   * then the search has ended there.
   */
  static common(sets: readonly SlotSet[], limit: number): number[] | undefined {
    const smallest = sets.reduce((a, b) => (b.#size < a.#size ? b : a))
    const found: number[] = []
    for (let at = 0; at < smallest.#containers.length; at++) {
      const containers = sets.map((set) => set.#containers[at])
      if (!containers.every((container) => container !== undefined)) continue
      collectCommon(containers, at << CONTAINER_BITS, found)
      if (found.length > limit) return undefined
    }
    return found
  }
}

function collectCommon(containers: readonly Container[], base: number, found: number[]): void {
  const lists: SlotList[] = []
  const bits: Uint32Array[] = []
  for (const container of containers) {
    if (container instanceof Uint32Array) bits.push(container)
    else lists.push(container)
  }
  if (lists.length > 0) {
    const shortest = lists.reduce((a, b) => (b.count < a.count ? b : a))
    for (let i = 0; i < shortest.count; i++) {
      const low = shortest.slots[i] as number
      const isCommon =
        bits.every((words) => ((words[low >>> 5] as number) >>> (low & 31)) & 1) &&
        lists.every((list) => list === shortest || holds(list, low))
      if (isCommon) found.push(base + low)
    }
    return
  }
  for (let word = 0; word < WORDS; word++) {
    let common = -1
    for (const words of bits) common &= words[word] as number
    for (; common !== 0; common &= common - 1) {
      found.push(base + word * 32 + (31 - Math.clz32(common & -common)))
    }
  }
}

function holds(list: SlotList, low: number): boolean {
  const index = firstAtLeast(list, low)
  return index < list.count && list.slots[index] === low
}

/** Index of the first slot that is not smaller; the count when all are. */
function firstAtLeast({ slots, count }: SlotList, low: number): number {
  // Slots are given out in order, so the new one is mostly the last.
  if (count === 0 || (slots[count - 1] as number) < low) return count
  let from = 0
  let to = count
  while (from < to) {
    const middle = (from + to) >>> 1
    if ((slots[middle] as number) < low) from = middle + 1
    else to = middle
  }
  return from
}

function doubled(slots: Uint16Array): Uint16Array {
  const larger = new Uint16Array(slots.length * 2)
  larger.set(slots)
  return larger
}

function toBits({ slots, count }: SlotList): Uint32Array {
  const words = new Uint32Array(WORDS)
  for (let i = 0; i < count; i++) {
    const low = slots[i] as number
    words[low >>> 5] = (words[low >>> 5] as number) | (1 << (low & 31))
  }
  return words
}
