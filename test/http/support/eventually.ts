import { type ExpectStatic, expect } from 'vitest'

/**
 * Polls a function until an expectation holds, with a timeout long enough for a busy machine.
 *
 * @param own `expect` of the test, for concurrent tests
 */
export function eventually<T>(read: () => T, own: ExpectStatic = expect) {
  return own.poll(read, { interval: 5 })
}
