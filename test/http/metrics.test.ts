import { describe, expect, test } from 'vitest'
import { parsePrometheusText, type Sample, sampleValue } from './support/prometheus-text.ts'
import { useRegistry } from './support/registry-under-test.ts'

const registry = useRegistry()

async function scrape(): Promise<Sample[]> {
  const response = await registry.get('/metrics')
  expect(response.status).toBe(200)
  return parsePrometheusText(response.text)
}

/** Performs an action. Returns by how much a sample grew. */
async function growth(
  name: string,
  labels: Record<string, string>,
  action: () => Promise<unknown>,
): Promise<number> {
  const before = sampleValue(await scrape(), name, labels)
  await action()
  return sampleValue(await scrape(), name, labels) - before
}

test('/metrics has the text format that Prometheus scrapes', async () => {
  const response = await registry.get('/metrics')
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
  expect(parsePrometheusText(response.text).length).toBeGreaterThan(20)
})

describe('request metrics', () => {
  const REQUESTS = 'rollcall_http_requests_total'

  test.each([
    ['registrations', 'registerAgent', '200', () => registry.register()],
    ['lists', 'listAgents', '200', () => registry.get('/agents')],
    ['unknown agents', 'getAgent', '404', () => registry.get('/agents/unknown-agent')],
    [
      'invalid bodies',
      'registerAgent',
      '422',
      () => registry.post('/agents/register', { json: {} }),
    ],
    ['unknown addresses', 'unknown', '404', () => registry.get('/nowhere')],
  ])('are %s', async (_name, operation, status, action) => {
    expect(await growth(REQUESTS, { operation, status }, action)).toBe(1)
  })

  test('include durations', async () => {
    const labels = { operation: 'registerAgent' }
    const action = () => registry.register()
    expect(await growth('rollcall_http_request_duration_seconds_count', labels, action)).toBe(1)
  })

  test('count plain heartbeats separately from those with a report', async () => {
    const { agent_id } = await registry.register()
    const plain = () => registry.post(`/agents/${agent_id}/heartbeat`)
    const report = () => registry.post(`/agents/${agent_id}/heartbeat`, { json: {} })
    expect(await growth('rollcall_plain_heartbeats_total', {}, plain)).toBe(1)
    expect(await growth('rollcall_plain_heartbeats_total', {}, report)).toBe(0)
    expect(await growth(REQUESTS, { operation: 'heartbeat', status: '200' }, report)).toBe(1)
  })

  test('count the heartbeats in batches that renewed a lease', async () => {
    const { agent_id } = await registry.register()
    const json = { agent_ids: [agent_id, registry.newId('unknown')] }
    const batch = () => registry.post('/agents/heartbeats', { json })
    expect(await growth('rollcall_batched_heartbeats_total', {}, batch)).toBe(1)
  })
})

describe('agent metrics', () => {
  test('count the agents of each status', async () => {
    const AGENTS = 'rollcall_agents'
    const { agent_id } = await registry.register()
    const register = () => registry.register()
    const work = () => registry.post(`/agents/${agent_id}/heartbeat`, { json: { status: 'busy' } })
    const leave = () => registry.delete(`/agents/${agent_id}`)
    expect(await growth(AGENTS, { status: 'ready' }, register)).toBe(1)
    expect(await growth(AGENTS, { status: 'busy' }, work)).toBe(1)
    expect(await growth(AGENTS, { status: 'busy' }, leave)).toBe(-1)
  })

  test('count transitions by type', async () => {
    const { agent_id } = await registry.register()
    const TRANSITIONS = 'rollcall_transitions_total'
    const register = () => registry.register()
    const update = () => registry.register({ agent_id, version: '2' })
    const heartbeat = () => registry.post(`/agents/${agent_id}/heartbeat`)
    const deregister = () => registry.delete(`/agents/${agent_id}`)
    expect(await growth(TRANSITIONS, { type: 'registered' }, register)).toBe(1)
    expect(await growth(TRANSITIONS, { type: 'updated' }, update)).toBe(1)
    expect(await growth(TRANSITIONS, {}, heartbeat)).toBe(0)
    expect(await growth(TRANSITIONS, { type: 'deregistered' }, deregister)).toBe(1)
  })
})

test('metrics name the process that they are of, the same each time', async () => {
  const instances = async () =>
    (await scrape()).filter(({ name }) => name === 'rollcall_instance_info')
  const [first, ...others] = await instances()
  expect(others).toEqual([])
  expect(first).toMatchObject({ labels: { instance: expect.stringMatching(/^[0-9a-f]{12}$/) } })
  expect(await instances()).toEqual([first])
})

test('the version in the metrics is that of /health', async () => {
  const { json } = await registry.get('/health')
  const { version } = json as { version: string }
  expect(sampleValue(await scrape(), 'rollcall_build_info', { version })).toBe(1)
})
