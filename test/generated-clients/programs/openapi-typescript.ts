import createClient from 'openapi-fetch'
import type { components, paths } from './client.js'
import { agentId, allMetadata, done, expectSame, registration, url } from './steps.js'

const client = createClient<paths>({ baseUrl: url })
const params = { path: { agent_id: agentId } }
const body: components['schemas']['Registration'] = registration

const registered = await client.POST('/agents/register', { body })
expectSame(registered.data?.metadata, registration.metadata)
done('register')

const beat = await client.POST('/agents/{agent_id}/heartbeat', {
  params,
  body: { status: 'busy', load: 0.5 },
})
expectSame(beat.data?.status, 'ok')
const plain = await client.POST('/agents/{agent_id}/heartbeat', { params })
expectSame(plain.data?.status, 'ok')
done('heartbeat')

const idsIn = async (region: string) => {
  const { data } = await client.GET('/agents', {
    params: { query: { metadata: [`region:${region}`] } },
  })
  return data?.map((agent) => agent.agent_id)
}
expectSame(await idsIn('eu-1'), [agentId])
expectSame(await idsIn('us-1'), [])
const all = await client.GET('/agents')
expectSame(
  all.data?.map(({ metadata }) => metadata),
  allMetadata,
)
done('list')

const { data: agent } = await client.GET('/agents/{agent_id}', { params })
expectSame(agent?.metadata, registration.metadata)
expectSame([agent?.status, agent?.load], ['busy', 0.5])
done('get')

const { data: events } = await client.GET('/events', {
  params: { query: { metadata: ['region:eu-1'], limit: 10 } },
})
// The type of the response includes a stream, which is a string.
if (!Array.isArray(events)) throw new Error(`${events} is not a page`)
expectSame(
  events.map(({ type }) => type),
  ['registered', 'updated'],
)
expectSame(events[0]?.agent.metadata, registration.metadata)
done('events page')

const deleted = await client.DELETE('/agents/{agent_id}', { params })
expectSame(deleted.data?.status, 'deleted')
const removed = await client.GET('/agents/{agent_id}', { params })
expectSame(removed.error?.code, 'AGENT_NOT_FOUND')
done('delete')
done('ok')
