/**
 * Finds the end of the elements for which a condition holds; all of them come before those for which it
 * does not. A binary search.
 *
 * @param length number of elements
 * @param holds returns whether the condition holds for the element at an index
 */
export function partitionPoint(length: number, holds: (index: number) => boolean): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low
}
