// The addresses that a server may listen on.
import { expect, test } from 'vitest'
import { isLoopback } from '../../../src/http/browsers/host-name.ts'

test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1', '::FFFF:127.0.0.1'])(
  '%s is reached from this machine only',
  (address) => {
    expect(isLoopback(address)).toBe(true)
  },
)

test.each([
  '0.0.0.0',
  '::',
  '10.0.0.7',
  '128.127.0.1',
  '::ffff:10.0.0.7',
  'fe80::1',
  '2001:db8::1',
])('%s can be reached from elsewhere', (address) => {
  expect(isLoopback(address)).toBe(false)
})
