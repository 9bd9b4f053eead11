import {
  deregisterAgent,
  getAgent,
  heartbeat,
  listAgents,
  listEvents,
  registerAgent,
} from './client.js'
import { agentId, allMetadata, done, expectSame, registration } from './steps.js'

const registered = await registerAgent(registration)
if (registered.status !== 200) throw new Error(registered.data.detail)
expectSame(registered.data.metadata, registration.metadata)
done('register')

const beat = await heartbeat(agentId, { status: 'busy', load: 0.5 })
if (beat.status !== 200) throw new Error(beat.data.detail)
expectSame(beat.data.status, 'ok')
expectSame((await heartbeat(agentId)).status, 200)
done('heartbeat')

const idsIn = async (region: string) => {
  const { data, status } = await listAgents({ metadata: [`region:${region}`] })
  if (status !== 200) throw new Error(`status ${status}`)
  return data.map((agent) => agent.agent_id)
}
expectSame(await idsIn('eu-1'), [agentId])
expectSame(await idsIn('us-1'), [])
const all = await listAgents()
if (all.status !== 200) throw new Error(`status ${all.status}`)
expectSame(
  all.data.map(({ metadata }) => metadata),
  allMetadata,
)
done('list')

const got = await getAgent(agentId)
if (got.status !== 200) throw new Error(`status ${got.status}`)
expectSame(got.data.metadata, registration.metadata)
expectSame([got.data.status, got.data.load], ['busy', 0.5])
done('get')

const page = await listEvents({ metadata: ['region:eu-1'], limit: 10 })
if (page.status !== 200 || typeof page.data === 'string') throw new Error(`status ${page.status}`)
expectSame(
  page.data.map(({ type }) => type),
  ['registered', 'updated'],
)
expectSame(page.data[0]?.agent.metadata, registration.metadata)
done('events page')

const deleted = await deregisterAgent(agentId)
if (deleted.status !== 200) throw new Error(deleted.data.detail)
expectSame(deleted.data.status, 'deleted')
expectSame((await getAgent(agentId)).status, 404)
done('delete')
done('ok')
