import type { TargetGroup } from '@rollcall/server'
import { beforeAll, describe, expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { useRegistry } from './support/registry-under-test.ts'

// https://prometheus.io/docs/prometheus/latest/http_sd/

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'targets')

beforeAll(async () => {
  await fleet.register('plain', { host: 'agent.example', port: 9100 })
  await fleet.register('rich', {
    agent_name: 'Résumé "bot" \\ 👾',
    host: 'fe80::1',
    port: 1,
    url: 'https://rich.example/a?b=c',
    version: '1.2.3',
    status: 'busy',
    capabilities: ['search', 'summarize'],
    metadata: {
      region: 'eu-1',
      gpu: { count: 2, 'model-name': 'H100' },
      tags: ['fast', 'cheap'],
      spot: true,
      owner: null,
      größe: 'groß',
      'a-b': 1,
      a_b: 2,
      __proto: 'x',
      empty: {},
    },
  })
  await fleet.register('bracketed', { host: '[::1]', port: 65_535 })
  await fleet.register('lapsed', { ttl_seconds: 1 })
  await fleet.expiry('lapsed')
})

async function targets(more = ''): Promise<TargetGroup[]> {
  const response = await registry.get(`/sd/prometheus?${fleet.query(more)}`)
  expect(response.status, response.text).toBe(200)
  return response.json as TargetGroup[]
}

const idsIn = (groups: readonly TargetGroup[]) =>
  groups.map(({ labels }) => fleet.label({ agent_id: String(labels.__meta_rollcall_agent_id) }))

const labelsOf = async (label: string) =>
  (await targets(`include_dead=true&q=${fleet.id(label)}`))[0]?.labels ?? {}

describe('Prometheus', () => {
  test('gets JSON with its content type', async () => {
    const { headers } = await registry.get('/sd/prometheus')
    expect(headers.get('content-type')).toMatch(/^application\/json\b/)
  })

  test('gets a target group for each live agent', async () => {
    expect(idsIn(await targets())).toEqual(['bracketed', 'plain', 'rich'])
    for (const group of await targets()) {
      expect(Object.keys(group)).toEqual(['targets', 'labels'])
      expect(group.targets).toHaveLength(1)
    }
  })

  test('gets addresses it can connect to', async () => {
    const addresses = (await targets()).flatMap((group) => group.targets)
    expect(addresses).toEqual(['[::1]:65535', 'agent.example:9100', '[fe80::1]:1'])
  })

  test('gets valid label names and string values', async () => {
    for (const { labels } of await targets()) {
      for (const [name, value] of Object.entries(labels)) {
        expect(name).toMatch(/^__meta_rollcall_[a-zA-Z0-9_]+$/)
        expect(value).toBeTypeOf('string')
      }
    }
  })

  test('gets the fields of an agent', async () => {
    expect(await labelsOf('rich')).toMatchObject({
      __meta_rollcall_agent_id: fleet.id('rich'),
      __meta_rollcall_agent_name: 'Résumé "bot" \\ 👾',
      __meta_rollcall_status: 'busy',
      __meta_rollcall_url: 'https://rich.example/a?b=c',
      __meta_rollcall_version: '1.2.3',
      __meta_rollcall_capabilities: ',search,summarize,',
      __meta_rollcall_metadata_region: 'eu-1',
      __meta_rollcall_metadata_gpu_count: '2',
      __meta_rollcall_metadata_gpu_model_name: 'H100',
      __meta_rollcall_metadata_tags: ',fast,cheap,',
      __meta_rollcall_metadata_spot: 'true',
      __meta_rollcall_metadata_owner: 'null',
      __meta_rollcall_metadata_gr__e: 'groß',
    })
  })

  test('gets one label for metadata keys that map to the same name, with both values', async () => {
    expect((await labelsOf('rich')).__meta_rollcall_metadata_a_b).toBe(',1,2,')
  })

  test('gets no label for fields without a value', async () => {
    const labels = await labelsOf('plain')
    expect(labels).not.toHaveProperty('__meta_rollcall_version')
    expect(labels.__meta_rollcall_capabilities).toBe('')
    expect(labels.__meta_rollcall_url).toBe('http://agent.example:9100')
  })
})

describe('the filters of the list', () => {
  test.each([
    ['capability=search', ['rich']],
    ['status=ready', ['bracketed', 'plain']],
    ['status=expired', ['lapsed']],
    ['include_dead=true', ['bracketed', 'lapsed', 'plain', 'rich']],
    ['metadata.gpu.count=2&name=R*', ['rich']],
    ['q=H100', ['rich']],
    ['capability=nothing', []],
  ])('select the targets: %s', async (query, found) => {
    expect(idsIn(await targets(query))).toEqual(found)
  })
})

test('expired agents have the status expired', async () => {
  expect((await labelsOf('lapsed')).__meta_rollcall_status).toBe('expired')
})

test('HEAD has no body', async () => {
  const response = await registry.request('HEAD', `/sd/prometheus?${fleet.query()}`)
  expect(response).toMatchObject({ status: 200, text: '' })
  expect(response.headers.get('content-type')).toMatch(/^application\/json\b/)
})
