import { expect } from 'vitest'

/** Expects what a function gives to become right, in more time than a busy machine needs. */
export function eventually<T>(read: () => T) {
  return expect.poll(read, { interval: 5 })
}
