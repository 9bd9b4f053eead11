import { expect, test } from 'vitest'
import { type AgentQuery, queryString } from '../src/discovery/agent-query.ts'

test.for<readonly [string, AgentQuery, string]>([
  ['nothing is no query at all', {}, ''],
  ['a name, with its star', { name: 'Research*' }, '?name=Research*'],
  ['one capability', { capability: 'search' }, '?capability=search'],
  [
    'several capabilities, each by itself',
    { capability: ['a', 'b'] },
    '?capability=a&capability=b',
  ],
  ['several statuses', { status: ['ready', 'busy'] }, '?status=ready&status=busy'],
  ['an empty list is no condition', { status: [], capability: [] }, ''],
  [
    'metadata by dotted path, with values as JSON has them',
    { metadata: { region: 'eu-1', 'gpu.count': 2, spot: false, zone: null } },
    '?metadata.region=eu-1&metadata.gpu.count=2&metadata.spot=false&metadata.zone=null',
  ],
  ['the dead only when asked for', { includeDead: true }, '?include_dead=true'],
  ['the living are the default', { includeDead: false }, ''],
  ['order and size', { sort: '-load', limit: 5 }, '?sort=-load&limit=5'],
  ['what is undefined is not there', { name: undefined, limit: undefined, q: undefined }, ''],
  [
    'characters that mean something in an address',
    { q: 'a&b=c d+é#' },
    '?q=a%26b%3Dc+d%2B%C3%A9%23',
  ],
])('%s', ([, query, text]) => {
  expect(queryString(query)).toBe(text)
})

test('parameters of the call come first', () => {
  expect(queryString({ name: 'x' }, { snapshot: 'true' })).toBe('?snapshot=true&name=x')
})
