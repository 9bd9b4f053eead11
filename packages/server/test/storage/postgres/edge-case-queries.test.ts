// Values that PostgreSQL cannot represent are rejected or match nothing; the store never fails.
import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type FreshDatabase,
  freshDatabase,
} from '../../../../../test/postgres/support/shared-postgres.ts'

let database: FreshDatabase
let server: AgentRegistryServer

beforeAll(async () => {
  database = await freshDatabase()
  server = new AgentRegistryServer(database.url)
  const payload = { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000, load: 0.5 }
  const { statusCode } = await server.createApp().inject({
    method: 'POST',
    url: '/agents/register',
    payload,
  })
  expect(statusCode).toBe(200)
})
afterAll(async () => {
  await server.close()
  await database[Symbol.asyncDispose]()
})

const get = (path: string) => server.createApp().inject(path)

test.each([
  '/agents?name=%00',
  '/agents?name=a%00*',
  '/agents?name_prefix=%00',
  '/agents?capability=%00',
  '/agents?q=%00',
  '/agents?metadata.a=%00',
  '/agents?metadata.%00=1',
  '/agents?metadata=a:%00',
  '/agents?status=%00',
  '/agents?name=%ED%A0%80',
  '/sd/prometheus?name=%00',
  '/events?name=%00',
  '/events?since=9007199254740993',
  '/events?since=1e300',
  '/agents/a/events?before=9007199254740991',
  '/agents/a/events?before=1e300',
  '/agents/%00',
  '/agents/a%00/events',
])('%s does not cause a storage error', async (path) => {
  const { statusCode, body } = await get(path)
  expect([200, 400, 404, 410, 422], `${statusCode} ${body}`).toContain(statusCode)
})

const SORTS = [
  'agent_id',
  'last_heartbeat',
  '-last_heartbeat',
  'registered_at',
  'expires_at',
  '-expires_at',
  'load',
  '-load',
] as const
const KEYS = [1e300, -1e300, 0.5, 9_007_199_254_740_992, null, 5e-324]

test.each(SORTS.flatMap((sort) => KEYS.map((key) => ({ sort, key }))))(
  'a list by $sort can continue at $key',
  async ({ sort, key }) => {
    const pages = server.repository?.listAll({ sort, after: { key, agentId: 'a' }, limit: 10 })
    await expect(Array.fromAsync(pages ?? [])).resolves.toBeInstanceOf(Array)
  },
)
