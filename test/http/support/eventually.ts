import { type ExpectStatic, expect } from 'vitest'

/**
 * Expects what a function gives to become right, in more time than a busy machine needs.
 *
 * @param own of the test, where tests run at once
 */
export function eventually<T>(read: () => T, own: ExpectStatic = expect) {
  return own.poll(read, { interval: 5 })
}
