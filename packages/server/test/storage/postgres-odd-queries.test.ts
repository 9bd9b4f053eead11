// What PostgreSQL has no text or number for is a bad request or finds nothing: no store fails for it.
import { createHash } from 'node:crypto'
import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type FreshDatabase, freshDatabase } from '../../../../test/postgres/shared-postgres.ts'

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

const ask = (path: string) => server.createApp().inject(path)

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
])('%s is answered without a failure of the store', async (path) => {
  const { statusCode, body } = await ask(path)
  expect([200, 400, 404, 410, 422], `${statusCode} ${body}`).toContain(statusCode)
})

/** A cursor that says what it likes, with a check that is right for a list in some order. */
function forged(position: string, sort: string): string {
  const text = Buffer.from(position).toString('base64url')
  const checked = JSON.stringify([text, sort, false, { metadata: [] }])
  return `${text}.${createHash('sha256').update(checked).digest('base64url').slice(0, 8)}`
}

const SORTS = ['agent_id', 'last_heartbeat', '-last_heartbeat', 'registered_at', 'load', '-load']
const KEYS = ['1e300', '-1e300', '0.5', '9007199254740993', 'null', '5e-324']

test.each(SORTS.flatMap((sort) => KEYS.map((key) => ({ sort, key }))))(
  'a forged cursor of $key in a list by $sort is a place in it',
  async ({ sort, key }) => {
    const { statusCode, body } = await ask(
      `/agents?sort=${sort}&cursor=${forged(`[${key},"a"]`, sort)}`,
    )
    expect(statusCode, body).toBe(200)
  },
)
