import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'queries')

beforeAll(async () => {
  await fleet.register('a', {
    agent_name: 'Research One',
    capabilities: ['search', 'summarize'],
    metadata: {
      region: 'eu-1',
      gpu: { count: 2, model: 'H100' },
      tags: ['fast', 'cheap'],
      spot: true,
      owner: null,
    },
  })
  await fleet.register('b', {
    agent_name: 'Research Two',
    capabilities: ['search'],
    status: 'busy',
    metadata: { region: 'eu-2', gpu: { count: 4 }, tags: ['fast'] },
  })
  const asText = JSON.stringify({ fleet: fleet.name, region: 'us-1', note: 'Grüße aus Köln' })
  await registry.register({
    agent_id: fleet.id('c'),
    agent_name: 'research three',
    capabilities: ['translate'],
    status: 'draining',
    metadata: asText,
  })
  await fleet.register('d', {
    agent_name: 'Writer',
    metadata: { 'a.b': 1, nested: [{ deep: [[{ x: 'y' }]] }], '100%': 'a&b=c d+e' },
  })
  await fleet.register('e', {
    agent_name: 'odd?name*',
    capabilities: ['a,b', 'a&b=c', 'a+b', '100%', 'ü'],
  })
})

const encode = encodeURIComponent
const ids = (...labels: string[]) => labels.map((label) => `agent_id=${fleet.id(label)}`).join('&')

describe.each<[string, [query: string, found: string][]]>([
  [
    'by id',
    [
      [ids('a'), 'a'],
      [ids('a', 'd'), 'ad'],
      [ids('*'), 'abcde'],
      [ids('*', 'a'), 'abcde'],
      ['agent_id=*&name=Research*', 'ab'],
      [ids('ab', 'a:*'), ''],
    ],
  ],
  [
    'by name',
    [
      ['name=Research%20One', 'a'],
      ['name=Research+One', 'a'],
      ['name=Research*', 'ab'],
      ['name=Research%20T*', 'b'],
      ['name=*', 'abcde'],
      ['name=Research', ''],
      ['name=research*', 'c'],
      ['name=odd?name**', 'e'],
      [`name=${encode('odd?name*')}`, 'e'],
      ['name=*One', ''],
    ],
  ],
  [
    'by capability',
    [
      ['capability=search', 'ab'],
      ['capability=search&capability=summarize', 'a'],
      ['capability=search&capability=search', 'ab'],
      ['capability=search&capability=translate', ''],
      ['capability=Search', ''],
      ['capability=sear', ''],
      ['capability=a,b', 'e'],
      [`capability=${encode('a&b=c')}&capability=${encode('a+b')}`, 'e'],
      [`capability=${encode('100%')}&capability=${encode('ü')}`, 'e'],
      ['capability=constructor', ''],
    ],
  ],
  [
    'by status',
    [
      ['status=ready', 'ade'],
      ['status=busy&status=draining', 'bc'],
      ['status=busy&status=busy', 'b'],
      ['status=expired', ''],
      ['status=ready&status=busy&status=draining&status=expired', 'abcde'],
    ],
  ],
  [
    'by metadata',
    [
      ['metadata.region=eu-1', 'a'],
      ['metadata.region=us-1', 'c'],
      ['metadata.region=EU-1', ''],
      ['metadata.Region=eu-1', ''],
      ['metadata.region=', ''],
      ['metadata.gpu.count=2', 'a'],
      ['metadata.gpu.count=02', ''],
      ['metadata.gpu=2', ''],
      ['metadata.gpu.count=4&metadata.region=eu-2', 'b'],
      ['metadata.spot=true', 'a'],
      ['metadata.owner=null', 'a'],
      ['metadata.tags=fast', 'ab'],
      ['metadata.tags=fast&metadata.tags=cheap', 'a'],
      ['metadata.region=eu-1&metadata.region=eu-2', ''],
      ['metadata.a.b=1', 'd'],
      ['metadata.nested.deep.x=y', 'd'],
      [`${encode('metadata.100%')}=${encode('a&b=c d+e')}`, 'd'],
      ['metadata.__proto__=x', ''],
      ['metadata.constructor.name=Object', ''],
      ['metadata.tags.length=2', ''],
    ],
  ],
  [
    'by metadata in a list, as generated clients send it',
    [
      ['metadata=region:eu-1', 'a'],
      ['metadata=region:', ''],
      ['metadata=gpu.count:4&metadata=region:eu-2', 'b'],
      ['metadata=tags:fast&metadata=tags:cheap', 'a'],
      ['metadata=gpu.count:4&metadata.region=eu-2', 'b'],
      [`metadata=${encode('100%:a&b=c d+e')}`, 'd'],
      ['metadata=__proto__:x', ''],
    ],
  ],
  [
    'by text search',
    [
      ['q=one', 'a'],
      ['q=ONE', 'a'],
      ['q=research%20two', 'b'],
      ['q=+two+research+two+', 'b'],
      ['q=ese', 'abc'],
      ['q=h1', 'a'],
      ['q=gpu.model', 'a'],
      ['q=summarize', 'a'],
      ['q=h100%20eu', 'a'],
      ['q=h100%20us', ''],
      ['q=onesearch', ''],
      [`q=${encode('GRÜßE')}`, 'c'],
      [`q=${encode('a+b')}`, 'e'],
      ['q=.*', ''],
      ['q=no-such-text', ''],
    ],
  ],
  [
    'by several conditions',
    [
      ['capability=search&status=busy&q=two&name=Res*&metadata.tags=fast', 'b'],
      ['capability=search&status=busy&q=one', ''],
    ],
  ],
])('agents are found %s', (_how, table) => {
  test.each(table)('%s: %j', async (query, found) => {
    expect((await fleet.find(query)).join('')).toBe(found)
  })
})

test('agents are found by text in their id', async () => {
  const found = agentsIn(await registry.get(`/agents?q=${fleet.id('b').toUpperCase()}`))
  expect(fleet.labels(found)).toEqual(['b'])
})

test('an agent in a result is the same as in a single read', async () => {
  const [found] = await fleet.list('capability=summarize')
  expect(found).toEqual(objectIn(await registry.get(`/agents/${fleet.id('a')}`)))
})

test('agents are found by their current fields, not by former ones', async () => {
  const moving = new AgentFleet(registry, 'moving')
  await moving.register('m', { capabilities: ['old'], metadata: { zone: 1 } })
  await moving.register('m', { capabilities: ['new'], metadata: { zone: 2 } })
  expect(await moving.find('capability=old')).toEqual([])
  expect(await moving.find('metadata.zone=1')).toEqual([])
  expect(await moving.find('capability=new&metadata.zone=2')).toEqual(['m'])
  await moving.report('m', { status: 'busy' })
  expect(await moving.find('status=ready')).toEqual([])
  expect(await moving.find('status=busy')).toEqual(['m'])
  await moving.deregister('m')
  expect(await moving.find('include_dead=true')).toEqual([])
})
