import { partitionPoint } from '../partition-point.ts'

/** Low bits of a number, its place in a container; numbers that share the upper bits share a container. */
const CONTAINER_BITS = 16
const LOW_BITS = (1 << CONTAINER_BITS) - 1
/** Most numbers in an array container; above this, a bitmap container is smaller. */
const ARRAY_LIMIT = 4096
const WORDS = (1 << CONTAINER_BITS) / 32
const SMALLEST_ARRAY = 4

/** A sorted array of numbers, or a bitmap. */
type Container = NumberList | Uint32Array

interface NumberList {
  numbers: Uint16Array
  count: number
}

/**
 * A set of small non-negative integers that takes two bytes per number, or one bit where they are
 * dense: containers of 65 536 numbers, as in Roaring bitmaps (Chambi, Lemire, Kaser and Godin, 2016).
 */
export class Bitmap {
  readonly #containers: (Container | undefined)[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  add(value: number): void {
    const at = value >>> CONTAINER_BITS
    const low = value & LOW_BITS
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
    const list = container ?? { numbers: new Uint16Array(SMALLEST_ARRAY), count: 0 }
    if (holds(list, low)) return
    if (list.count === ARRAY_LIMIT) {
      this.#containers[at] = toBits(list)
      this.add(value)
      return
    }
    this.#containers[at] = list
    if (list.count === list.numbers.length) list.numbers = doubled(list.numbers)
    const index = firstAtLeast(list, low)
    list.numbers.copyWithin(index + 1, index, list.count)
    list.numbers[index] = low
    list.count++
    this.#size++
  }

  delete(value: number): void {
    const container = this.#containers[value >>> CONTAINER_BITS]
    const low = value & LOW_BITS
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
    container.numbers.copyWithin(index, index + 1, container.count)
    container.count--
    this.#size--
  }

  /**
   * Returns the intersection of the sets; undefined, ending the search early, when it has more than
   * `limit` numbers.
   */
  static common(sets: readonly Bitmap[], limit: number): number[] | undefined {
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
  const lists: NumberList[] = []
  const bits: Uint32Array[] = []
  for (const container of containers) {
    if (container instanceof Uint32Array) bits.push(container)
    else lists.push(container)
  }
  if (lists.length > 0) {
    const shortest = lists.reduce((a, b) => (b.count < a.count ? b : a))
    for (let i = 0; i < shortest.count; i++) {
      const low = shortest.numbers[i] as number
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

function holds(list: NumberList, low: number): boolean {
  const index = firstAtLeast(list, low)
  return index < list.count && list.numbers[index] === low
}

/** Returns the index of the first number that is at least `low`; the count when there is none. */
function firstAtLeast({ numbers, count }: NumberList, low: number): number {
  // Document ids are assigned in ascending order, so a new one is usually the last.
  if (count === 0 || (numbers[count - 1] as number) < low) return count
  return partitionPoint(count, (index) => (numbers[index] as number) < low)
}

function doubled(numbers: Uint16Array): Uint16Array {
  const larger = new Uint16Array(numbers.length * 2)
  larger.set(numbers)
  return larger
}

function toBits({ numbers, count }: NumberList): Uint32Array {
  const words = new Uint32Array(WORDS)
  for (let i = 0; i < count; i++) {
    const low = numbers[i] as number
    words[low >>> 5] = (words[low >>> 5] as number) | (1 << (low & 31))
  }
  return words
}
