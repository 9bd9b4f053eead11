import { describe, expect, test } from 'vitest'
import { expectPointers, expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

/** Invalid conditions, and the pointer of each error. */
const INVALID_FILTERS: readonly [query: string, pointer: string][] = [
  ['agent_id=', '/query/agent_id/0'],
  ['agent_id=a&agent_id=a*b', '/query/agent_id/1'],
  ['agent_id=..', '/query/agent_id/0'],
  ['agent_id=a,b', '/query/agent_id/0'],
  [Array.from({ length: 65 }, (_, i) => `agent_id=${i}`).join('&'), '/query/agent_id'],
  ['name=', '/query/name'],
  [`name=${'x'.repeat(258)}`, '/query/name'],
  ['name=a&name=b', '/query/name'],
  ['name=%00', '/query/name'],
  ['name=a%00b', '/query/name'],
  ['name=a%1f*', '/query/name'],
  ['name=%7f', '/query/name'],
  ['name=a%0a', '/query/name'],
  ['capability=', '/query/capability/0'],
  ['capability=a&capability=', '/query/capability/1'],
  ['capability=a%00b', '/query/capability/0'],
  [`capability=${'x'.repeat(129)}`, '/query/capability/0'],
  [Array.from({ length: 65 }, (_, i) => `capability=${i}`).join('&'), '/query/capability'],
  ['status=dead', '/query/status/0'],
  ['status=READY', '/query/status/0'],
  ['status=ready&status=', '/query/status/1'],
  ['status=ready,busy', '/query/status/0'],
  ['q=', '/query/q'],
  ['q=%20%09', '/query/q'],
  [`q=${'x'.repeat(257)}`, '/query/q'],
  ['q=a&q=b', '/query/q'],
  ['include_dead=yes', '/query/include_dead'],
  [`metadata.a=${'x'.repeat(4001)}`, '/query/metadata.a/0'],
  [`metadata.a=b&metadata.a=${'x'.repeat(4001)}`, '/query/metadata.a/1'],
  ['metadata.=x', '/query/metadata.'],
  ['metadata=x', '/query/metadata/0'],
  ['metadata=:x', '/query/metadata/0'],
  ['metadata.KEY=x', '/query/metadata.KEY'],
  ['Metadata.a=x', '/query/Metadata.a'],
  ['metadata[a]=x', '/query/metadata[a]'],
  ['capability[]=x', '/query/capability[]'],
  ['colour=red', '/query/colour'],
  ['__proto__=x', '/query/__proto__'],
]

describe.each(['/agents', '/events', '/sd/prometheus'])('%s', (path) => {
  test.each(INVALID_FILTERS)('rejects %.60s', async (query, pointer) => {
    expectPointers(await registry.get(`${path}?${query}`), pointer)
  })

  // Metadata may hold any character, so a query may, too.
  test.each([
    'q=a%00b',
    'q=%00',
    'metadata.a=%00',
    'metadata.%00=a',
    'metadata=a%00:b%01',
    'q=%07',
  ])('finds nothing by %s', async (query) => {
    const response = await registry.get(`${path}?${query}`)
    expect(response).toMatchObject({ status: 200, json: [] })
  })

  test('lists the known parameters for an unknown one', async () => {
    const response = await registry.get(`${path}?colour=red`)
    const { errors } = expectProblem(response, 'VALIDATION_FAILED')
    const message = errors?.[0]?.message
    for (const name of ['name', 'capability', 'status', 'q', 'include_dead', 'metadata.KEY']) {
      expect(message).toContain(name)
    }
  })

  test('reports all errors of a query at once', async () => {
    const response = await registry.get(`${path}?name=&status=x&colour=red&q=`)
    expectPointers(response, '/query/name', '/query/status/0', '/query/colour', '/query/q')
  })
})

const INVALID_LIMITS = ['0', '1001', '-1', '1.5', '1e2', 'x', '', '+1', '0x10', '1&limit=2']

test.each(['/agents', '/events', '/agents/some-id/events'])(
  '%s rejects an invalid limit',
  async (path) => {
    for (const limit of INVALID_LIMITS) {
      expectPointers(await registry.get(`${path}?limit=${limit}`), '/query/limit')
    }
  },
)

test.each(['name', '-agent_id', 'LOAD', '', 'load,agent_id', 'load&sort=load'])(
  'a list cannot be sorted by "%s"',
  async (sort) => {
    const response = await registry.get(`/agents?sort=${sort}`)
    expectPointers(response, '/query/sort')
  },
)

test.each(['x', '-1', '', '1.5', ':1', 'a:b:1', 'a:', '1234567890123456', '1e3', '1&since=1'])(
  'events cannot be requested since "%s"',
  async (since) => {
    expectPointers(await registry.get(`/events?since=${since}`), '/query/since')
  },
)

test('a revision too large for a number is rejected with the maximum', async () => {
  const response = await registry.get('/agents/some-id/events?before=9007199254740993')
  const { errors } = expectProblem(response, 'VALIDATION_FAILED')
  expect(errors?.[0]?.message).toContain('9007199254740991')
})

test.each(['0', '-1', 'x', '', '1.5', '1&before=2', '9007199254740993', '9'.repeat(29)])(
  'a history cannot be requested before "%s"',
  async (before) => {
    expectPointers(await registry.get(`/agents/some-id/events?before=${before}`), '/query/before')
  },
)

test.each([
  ['/events?cursor=x', '/query/cursor'],
  ['/events?sort=load', '/query/sort'],
  ['/events?snapshot=maybe', '/query/snapshot'],
  ['/agents?since=1', '/query/since'],
  ['/agents?snapshot=true', '/query/snapshot'],
  ['/agents/some-id/events?since=1', '/query/since'],
  ['/agents/some-id/events?name=a', '/query/name'],
  ['/sd/prometheus?sort=load', '/query/sort'],
  ['/sd/prometheus?limit=1', '/query/limit'],
  ['/sd/prometheus?cursor=x', '/query/cursor'],
])('a parameter of another operation is rejected: %s', async (path, pointer) => {
  expectPointers(await registry.get(path), pointer)
})

test('a stream is rejected like a page, before it begins', async () => {
  const headers = { accept: 'text/event-stream' }
  expectPointers(await registry.get('/events?status=x', { headers }), '/query/status/0')
  expectPointers(await registry.get('/events?since=x', { headers }), '/query/since')
})
