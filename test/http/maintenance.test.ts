// What operators decide about agents: PUT, DELETE and GET of maintenance.
import { expect, test } from 'vitest'
import { expectProblem } from './support/problem-expectation.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn, TIMESTAMP } from './support/response.ts'

const registry = useRegistry()

const put = (pattern: string, json: unknown) =>
  registry.request('PUT', `/agents/${encodeURIComponent(pattern)}/maintenance`, { json })
const end = (pattern: string) =>
  registry.delete(`/agents/${encodeURIComponent(pattern)}/maintenance`)
const read = async (id: string) => agentIn(await registry.get(`/agents/${id}`))

async function entries(): Promise<{ pattern: string }[]> {
  const { status, json } = await registry.get('/maintenance')
  expect(status).toBe(200)
  return json as { pattern: string }[]
}

test('an agent in maintenance is draining, whatever it reports, until that ends', async () => {
  const { agent_id: id } = await registry.register()
  const entry = objectIn(await put(id, { reason: 'replacing the disk', by: 'ann' }))
  expect(entry).toEqual({
    pattern: id,
    reason: 'replacing the disk',
    since: expect.stringMatching(TIMESTAMP),
    by: 'ann',
  })
  const { pattern: _, ...maintenance } = entry
  expect(await read(id)).toMatchObject({ status: 'draining', maintenance })
  for (const status of ['ready', 'busy']) {
    const beat = await registry.post(`/agents/${id}/heartbeat`, { json: { status } })
    expect(beat.status).toBe(200)
    expect(await read(id)).toMatchObject({ status: 'draining' })
  }
  expect(objectIn(await end(id))).toEqual({ pattern: id, ended: true, remaining: null })
  const agent = await read(id)
  expect(agent).toMatchObject({ status: 'busy' })
  expect(agent).not.toHaveProperty('maintenance')
  expect(objectIn(await end(id))).toEqual({ pattern: id, ended: false, remaining: null })
})

test('without a name, the address of the caller is who decided it', async () => {
  const id = registry.newId()
  expect(objectIn(await put(id, { reason: 'upgrade' }))).toMatchObject({ by: '127.0.0.1' })
  await end(id)
})

test('a list, its filters, Prometheus and the events agree', async () => {
  const { agent_id: id } = await registry.register()
  await put(id, { reason: 'upgrade', by: 'ann' })
  const draining = agentsIn(await registry.get(`/agents?status=draining&q=${id}`))
  expect(draining).toMatchObject([{ agent_id: id, maintenance: { reason: 'upgrade' } }])
  expect(agentsIn(await registry.get(`/agents?status=ready&q=${id}`))).toEqual([])
  const targets = await registry.get(`/sd/prometheus?q=${id}`)
  expect(targets.json).toMatchObject([{ labels: { __meta_rollcall_status: 'draining' } }])
  const { json } = await registry.get(`/agents/${id}/events`)
  expect(json).toMatchObject([
    { type: 'registered' },
    { type: 'updated', reason: 'maintenance by ann: upgrade; status ready -> draining' },
  ])
  await end(id)
})

test('a prefix covers agents that register later, and the end of an entry says what remains', async () => {
  const team = registry.newId('team')
  const first = await registry.register({ agent_id: `${team}:1` })
  await put(`${team}:*`, { reason: 'upgrade', by: 'ann' })
  await put(first.agent_id, { reason: 'replacing the disk', by: 'bo' })
  const second = await registry.register({ agent_id: `${team}:2` })
  expect(second).toMatchObject({ status: 'draining', maintenance: { reason: 'upgrade' } })
  expect(await read(first.agent_id)).toMatchObject({
    maintenance: { reason: 'replacing the disk' },
  })
  expect((await entries()).map(({ pattern }) => pattern)).toEqual(
    expect.arrayContaining([`${team}:*`, first.agent_id]),
  )
  expect(objectIn(await end(first.agent_id))).toMatchObject({
    ended: true,
    remaining: { pattern: `${team}:*`, reason: 'upgrade' },
  })
  expect(await read(first.agent_id)).toMatchObject({ maintenance: { reason: 'upgrade' } })
  expect(objectIn(await end(`${team}:*`))).toMatchObject({ ended: true, remaining: null })
  const agent = await read(first.agent_id)
  expect(agent).toMatchObject({ status: 'ready' })
  expect(agent).not.toHaveProperty('maintenance')
})

test('a `*` may also be sent as it is', async () => {
  const team = registry.newId('raw')
  const path = `/agents/${team}*/maintenance`
  const sent = await registry.request('PUT', path, { json: { reason: 'upgrade' } })
  expect(objectIn(sent)).toMatchObject({ pattern: `${team}*` })
  expect(objectIn(await registry.delete(path))).toMatchObject({ ended: true })
})

test('an agent that registers as it was read does not take the status for its own', async () => {
  const { agent_id: id } = await registry.register({ status: 'busy' })
  await put(id, { reason: 'upgrade' })
  const again = await registry.post('/agents/register', { json: await read(id) })
  expect(agentIn(again)).toMatchObject({ status: 'draining' })
  await end(id)
  expect(await read(id)).toMatchObject({ status: 'busy' })
})

test.each(['a**', '*a', 'a:*:b', 'a::*', ':*', 'a b', '..', 'é*'])(
  'the pattern %j is invalid',
  async (pattern) => {
    const response = await put(pattern.replaceAll('..', '%2e%2e'), { reason: 'upgrade' })
    expectProblem(response, 'VALIDATION_FAILED')
  },
)

test.each([
  { what: 'without a reason', json: {} },
  { what: 'with an empty reason', json: { reason: '' } },
  { what: 'with a reason of several lines', json: { reason: 'a\nb' } },
  { what: 'with half an emoji in the reason', json: { reason: 'a\ud83d' } },
  { what: 'with half an emoji in the name', json: { reason: 'a', by: '\ud83d' } },
  { what: 'with a reason that is too long', json: { reason: 'a'.repeat(501) } },
  { what: 'with an unknown field', json: { reason: 'a', until: 'b' } },
])('maintenance $what is invalid, and changes nothing', async ({ json }) => {
  const { agent_id: id } = await registry.register()
  expectProblem(await put(id, json), 'VALIDATION_FAILED')
  expect(await read(id)).not.toHaveProperty('maintenance')
})
