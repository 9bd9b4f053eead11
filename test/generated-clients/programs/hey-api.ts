import { client } from './client/client.gen.js'
import {
  deregisterAgent,
  getAgent,
  heartbeat,
  listAgents,
  listEvents,
  registerAgent,
} from './client/index.js'
import { agentId, allMetadata, done, expectSame, registration, url } from './steps.js'

client.setConfig({ baseUrl: url })
const path = { agent_id: agentId }

const registered = await registerAgent({ body: registration })
expectSame(registered.data?.metadata, registration.metadata)
done('register')

const beat = await heartbeat({ path, body: { status: 'busy', load: 0.5 } })
expectSame(beat.data?.status, 'ok')
const plain = await heartbeat({ path })
expectSame(plain.data?.status, 'ok')
done('heartbeat')

const idsIn = async (region: string) => {
  const { data } = await listAgents({ query: { metadata: [`region:${region}`] } })
  return data?.map((agent) => agent.agent_id)
}
expectSame(await idsIn('eu-1'), [agentId])
expectSame(await idsIn('us-1'), [])
const all = await listAgents()
expectSame(
  all.data?.map(({ metadata }) => metadata),
  allMetadata,
)
done('list')

const { data: agent } = await getAgent({ path })
expectSame(agent?.metadata, registration.metadata)
expectSame([agent?.status, agent?.load], ['busy', 0.5])
done('get')

const { data: events } = await listEvents({ query: { metadata: ['region:eu-1'], limit: 10 } })
if (!Array.isArray(events)) throw new Error(`${events} is not a page`)
expectSame(
  events.map(({ type }) => type),
  ['registered', 'updated'],
)
expectSame(events[0]?.agent.metadata, registration.metadata)
done('events page')

const deleted = await deregisterAgent({ path })
expectSame(deleted.data?.status, 'deleted')
const removed = await getAgent({ path })
expectSame(removed.error?.code, 'AGENT_NOT_FOUND')
done('delete')
done('ok')
