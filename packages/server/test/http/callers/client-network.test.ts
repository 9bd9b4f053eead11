import { expect, test } from 'vitest'
import { networkOf } from '../../../src/http/callers/client-network.ts'

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['2001:db8:1:2::', '2001:db8:1:2'],
  ['1:2::5:6:7:8', '1:2:0:0'],
  ['1::3:4:5:6:7:8', '1:0:3:4'],
  ['::1', '0:0:0:0'],
  ['::3:4:5:6:7:8', '0:0:3:4'],
])('the network of %s is %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
