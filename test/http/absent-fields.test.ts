// The optional fields of an agent: absent, never null, on every way of HTTP when the agent has none.
import { AGENT_DETAILS, type Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { AgentFleet } from './support/agent-fleet.ts'
import { eventsIn } from './support/event-pages.ts'
import { EventStreamReader } from './support/event-stream-reader.ts'
import { useRegistry } from './support/registry-under-test.ts'
import { agentIn, agentsIn, objectIn } from './support/response.ts'

const registry = useRegistry()
const fleet = new AgentFleet(registry, 'absent')

interface Document {
  readonly components: {
    readonly schemas: Readonly<
      Record<
        string,
        { readonly required: string[]; readonly properties: Readonly<Record<string, object>> }
      >
    >
  }
}

/** The optional fields that agents register, each with a value. */
const REGISTERED: readonly (readonly [field: string, value: string])[] = [
  ...AGENT_DETAILS.map(({ wireName, example }) => [wireName, example] as const),
  ['instance_id', 'one'],
]

/** Registers an agent; returns it as each way of HTTP sends it. */
async function everyView(label: string, fields: object): Promise<[way: string, agent: Agent][]> {
  const agentId = fleet.id(label)
  await using stream = await follow(agentId)
  await stream.untilSynced()
  const json = registry.registration(fleet.fields(label, { ...fields }))
  const registration = await registry.post('/agents/register', { json })
  await using snapshot = await follow(agentId)
  return [
    ['registration', agentIn(registration)],
    ['read', agentIn(await registry.get(`/agents/${agentId}`))],
    ...agentsIn(await registry.get(`/agents?q=${agentId}`)).map(named('list')),
    ...agentsOf(eventsIn(await registry.get(`/events?q=${agentId}`))).map(named('events')),
    ...agentsOf(eventsIn(await registry.get(`/agents/${agentId}/events`))).map(named('history')),
    ...agentsOf(await stream.until({ agentId })).map(named('stream')),
    ...agentsOf(await snapshot.untilSynced()).map(named('snapshot')),
  ]
}

const follow = (agentId: string) =>
  EventStreamReader.open(registry.baseUrl, `snapshot=true&q=${agentId}`)
const named =
  (way: string) =>
  (agent: Agent): [string, Agent] => [way, agent]
const agentsOf = (messages: readonly object[]): Agent[] =>
  messages.flatMap((message) => ('agent' in message ? [message.agent as Agent] : []))

const WAYS = ['registration', 'read', 'list', 'events', 'history', 'stream', 'snapshot']

test.each(REGISTERED)('%s is absent unless it is registered', async (field, value) => {
  for (const [label, none] of [
    ['omitted', {}],
    ['null', { [field]: null }],
  ] as const) {
    const without = await everyView(`${field}-${label}`, none)
    expect(without.map(([way]) => way)).toEqual(WAYS)
    for (const [way, agent] of without) expect(agent, way).not.toHaveProperty(field)
  }
  const given = await everyView(`${field}-given`, { [field]: value })
  expect(given.map(([way, agent]) => [way, agent[field as keyof Agent]])).toEqual(
    WAYS.map((way) => [way, value]),
  )
})

test('maintenance is absent unless an operator has set it', async () => {
  for (const [way, agent] of await everyView('ready', { maintenance: null })) {
    expect(agent, way).not.toHaveProperty('maintenance')
  }
  const path = `/agents/${fleet.id('drained')}/maintenance`
  await registry.request('PUT', path, { json: { reason: 'upgrade', by: 'ann' } })
  const drained = await everyView('drained', {})
  expect(drained.map(([way, { maintenance }]) => [way, maintenance?.reason])).toEqual(
    WAYS.map((way) => [way, 'upgrade']),
  )
  await registry.delete(path)
})

test.each(['Agent', 'RegisteredAgent'])('%s in the OpenAPI document says so', async (name) => {
  const { components } = objectIn(await registry.get('/openapi.json')) as unknown as Document
  const schema = components.schemas[name]
  for (const field of [...REGISTERED.map(([each]) => each), 'maintenance']) {
    expect(schema?.required).not.toContain(field)
    expect(schema?.properties).toHaveProperty(field)
    const nullable = { type: expect.arrayContaining(['null']) }
    expect(schema?.properties[field], field).not.toMatchObject(nullable)
  }
})
