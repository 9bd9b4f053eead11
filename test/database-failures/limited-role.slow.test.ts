// Everything, including full-text search, works for a role that cannot create extensions, and on a
// server that has none.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent } from '@rollcall/protocol'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { waitUntilServed } from './support/outage-responses.ts'
import type { RegistryNodes } from './support/registry-nodes.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'

const PASSWORD = 'limited'
const TRAFFIC_MS = 1000
/** Longer than the delay until new words are indexed. */
const INDEXED_MS = 600

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await PostgresServer.launch({
    isInMemory: true,
    // As on a server without the contrib extensions.
    settings: { extension_control_path: '/nonexistent' },
  })
})
afterAll(() => postgres[Symbol.asyncDispose]())

test.each([
  {
    right: 'with a schema created for it',
    // What an administrator has to do for a role without CREATE on the database.
    allow: (role: string) => `CREATE SCHEMA rollcall AUTHORIZATION ${role}`,
  },
  {
    right: 'that may create a schema but no extension',
    allow: (role: string, database: string) => `GRANT CREATE ON DATABASE ${database} TO ${role}`,
  },
])('everything works for a role $right', async ({ allow }) => {
  const url = new URL(await postgres.createDatabase())
  const database = url.pathname.slice(1)
  const role = `role_of_${database}`
  await queryOnce(url.href, `CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`)
  await queryOnce(url.href, allow(role, database))
  const [admin] = [url.href]
  url.username = role
  url.password = PASSWORD
  await using load = await RegistryUnderLoad.start(url.href, { agents: 10, workers: 4 })
  await waitUntilServed(load.nodes)
  await expectWordsFound(load.nodes)
  await sleep(TRAFFIC_MS)
  await load.expectConsistent()
  expect([load.fleet.counts.rejected, load.changes.counts.rejected]).toEqual([0, 0])
  const extension = `SELECT extname FROM pg_extension WHERE extname = 'pg_trgm'`
  expect(await queryOnce(admin, extension)).toEqual([])
})

/** Searches on each node, before and after the words are indexed. */
async function expectWordsFound(nodes: RegistryNodes): Promise<void> {
  for (const [id, name] of Object.entries({ a: 'Deep Thinker', b: 'Thinking Cap', c: 'Painter' })) {
    const agent = { ...registration(`words-${id}`), agent_name: name }
    const { status } = await nodes.next().send('POST', '/agents/register', agent)
    expect(status).toBe(200)
  }
  for (const waitMs of [0, INDEXED_MS]) {
    await sleep(waitMs)
    for (const http of nodes.clients) {
      const found = async (words: string) => {
        const { status, body } = await http.get<Agent[]>(`/agents?q=${encodeURIComponent(words)}`)
        expect(status).toBe(200)
        return body.map(({ agent_id }) => agent_id)
      }
      expect(await found('think')).toEqual(['words-a', 'words-b'])
      expect(await found('THINK deep')).toEqual(['words-a'])
      expect(await found('painter')).toEqual(['words-c'])
      expect(await found('sculptor')).toEqual([])
    }
  }
}
