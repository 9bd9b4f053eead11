import { expect, test } from 'vitest'
import { tokenIn } from '../../src/http/access/credentials.ts'

const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

test.each([
  ['Bearer rct_1_ab-c', 'rct_1_ab-c'],
  ['bearer  rct_1', 'rct_1'],
  ['BEARER rct_1 ', 'rct_1'],
  ['Bearer e30.e30.c2ln~+/==', 'e30.e30.c2ln~+/=='],
  [basic('me:rct_1'), 'rct_1'],
  [basic(':rct_1'), 'rct_1'],
  [basic('me:rct:1'), 'rct:1'],
  [basic('rct_1').replace('Basic', 'basic'), undefined],
  [basic('me:'), undefined],
  ['rct_1', undefined],
  ['Bearer', undefined],
  ['Bearer ', undefined],
  ['Bearer a b', undefined],
  ['Bearer a,b', undefined],
  ['Digest rct_1', undefined],
  ['Basic !', undefined],
  ['', undefined],
])('the token in the header %j is %j', (header, token) => {
  expect(tokenIn(header)).toBe(token)
})
