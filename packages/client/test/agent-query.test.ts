import { expect, test } from 'vitest'
import { type AgentQuery, queryString } from '../src/discovery/agent-query.ts'

test.for<readonly [string, AgentQuery, string]>([
  ['an empty filter has no query string', {}, ''],
  ['a name prefix with an asterisk', { name: 'Research*' }, '?name=Research*'],
  ['one capability', { capability: 'search' }, '?capability=search'],
  [
    'several capabilities as repeated parameters',
    { capability: ['a', 'b'] },
    '?capability=a&capability=b',
  ],
  ['several statuses', { status: ['ready', 'busy'] }, '?status=ready&status=busy'],
  ['an empty array is no condition', { status: [], capability: [] }, ''],
  [
    'metadata by dotted path, with JSON values',
    { metadata: { region: 'eu-1', 'gpu.count': 2, spot: false, zone: null } },
    '?metadata.region=eu-1&metadata.gpu.count=2&metadata.spot=false&metadata.zone=null',
  ],
  ['a detail', { protocol: 'a2a' }, '?protocol=a2a'],
  ['dead agents if requested', { includeDead: true }, '?include_dead=true'],
  ['only agents that are alive by default', { includeDead: false }, ''],
  ['sort order and limit', { sort: '-load', limit: 5 }, '?sort=-load&limit=5'],
  ['undefined properties are omitted', { name: undefined, limit: undefined, q: undefined }, ''],
  ['reserved characters of URLs', { q: 'a&b=c d+é#' }, '?q=a%26b%3Dc+d%2B%C3%A9%23'],
])('%s', ([, query, text]) => {
  expect(queryString(query)).toBe(text)
})

test('extra parameters come first', () => {
  expect(queryString({ name: 'x' }, { snapshot: 'true' })).toBe('?snapshot=true&name=x')
})
