// Reading a long list page by page while other agents around the stable ones change.
//
//   ROLLCALL_PAGING_AGENTS   size of the fleet; default 5000, or 2000 on PostgreSQL; full run
//                            100000
import type { Agent } from '@rollcall/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FreshStore, freshStore, STORE } from '../stores/fresh-store.ts'
import { SeededRandom } from './support/feed-random.ts'
import type { Answer, HttpClient } from './support/http-client.ts'
import { PagingChurn } from './support/paging-churn.ts'
import { registerFleet, stableAgents } from './support/paging-fleet.ts'
import { RegistryProcess } from './support/registry-process.ts'

const AGENTS = Number(process.env.ROLLCALL_PAGING_AGENTS ?? (STORE === 'postgres' ? 2000 : 5000))
/** How often each list is read. */
const READINGS = 3
/** With fewer changes per second the test would prove nothing. */
const MIN_TRANSITIONS_PER_SECOND = 100
const TIMEOUT_MS = 60_000 + AGENTS * 5

/** A query of the list, and which of the stable agents it shows. */
interface Reading {
  readonly query: string
  readonly shows: (agent: Partial<Agent>) => boolean
}

const canSearch: Reading['shows'] = ({ capabilities }) => capabilities?.includes('search') === true
const isInEurope: Reading['shows'] = ({ metadata }) => JSON.stringify(metadata).includes('eu-1')
const isPlanner: Reading['shows'] = ({ agent_name }) => agent_name === 'Planner'

const byId: readonly Reading[] = [
  { query: 'limit=1000', shows: () => true },
  { query: 'limit=100&capability=search', shows: canSearch },
  { query: 'limit=250&metadata.region=eu-1', shows: isInEurope },
  { query: 'limit=333&name=Plan*&include_dead=true', shows: isPlanner },
  { query: 'limit=777&status=ready&sort=agent_id', shows: () => true },
  { query: 'limit=500&q=EU-1+search', shows: (agent) => isInEurope(agent) && canSearch(agent) },
  // The whole list in one response.
  { query: '', shows: () => true },
  { query: 'capability=search', shows: canSearch },
]
const byOtherOrders: readonly Reading[] = [
  { query: 'limit=1000&sort=registered_at', shows: () => true },
  { query: 'limit=400&sort=-registered_at&capability=search', shows: canSearch },
  { query: 'limit=600&sort=registered_at&metadata.region=eu-1', shows: isInEurope },
  { query: 'limit=900&sort=last_heartbeat&name=Planner', shows: isPlanner },
  { query: 'limit=700&sort=-load&metadata.region=eu-1', shows: isInEurope },
]

describe(`a list of ${AGENTS} agents, read during about a thousand changes a second`, () => {
  let store: FreshStore
  let registry: RegistryProcess
  let churn: PagingChurn
  let agentsRead = 0

  beforeAll(async () => {
    store = await freshStore()
    registry = await RegistryProcess.start({ cwd: store.folder, db: store.url })
    await registerFleet(registry.http, AGENTS)
    const random = new SeededRandom(Math.floor(Math.random() * 2 ** 31))
    churn = await PagingChurn.start(registry.http, { size: AGENTS, random })
  }, TIMEOUT_MS)

  afterAll(async () => {
    await registry.kill()
    await store[Symbol.asyncDispose]()
  })

  test.each(byId)(
    'shows every stable agent exactly once, in order: ?$query',
    {
      timeout: TIMEOUT_MS,
    },
    async ({ query, shows }) => {
      const stable = stableAgents(AGENTS, shows)
      for (let reading = 1; reading <= READINGS; reading++) {
        const ids = await readThrough(registry.http, query)
        agentsRead += ids.length
        expect(firstOutOfOrder(ids)).toBeUndefined()
        expect(miscounted(ids, stable)).toEqual([])
      }
    },
  )

  test.each(byOtherOrders)(
    'shows every stable agent exactly once: ?$query',
    {
      timeout: TIMEOUT_MS,
    },
    async ({ query, shows }) => {
      const stable = stableAgents(AGENTS, shows)
      for (let reading = 1; reading <= READINGS; reading++) {
        const ids = await readThrough(registry.http, query)
        agentsRead += ids.length
        expect(miscounted(ids, stable)).toEqual([])
      }
    },
  )

  test('was changing fast enough throughout', async () => {
    const { transitions, perSecond } = await churn.stop()
    console.log(
      `paging under churn on ${STORE}: ${AGENTS} agents, ${READINGS} readings of ` +
        `${byId.length + byOtherOrders.length} lists, ${agentsRead} agents read, ` +
        `${transitions} transitions meanwhile, ${perSecond} a second`,
    )
    expect(perSecond).toBeGreaterThan(MIN_TRANSITIONS_PER_SECOND)
  })
})

/** Returns the ids of all pages, following the links. */
async function readThrough(http: HttpClient, query: string): Promise<string[]> {
  const limit = Number(new URLSearchParams(query).get('limit') ?? Number.POSITIVE_INFINITY)
  const ids: string[] = []
  for (let next: string | undefined = `/agents?${query}`; next !== undefined; ) {
    const { status, headers, body }: Answer<Agent[]> = await http.get(next)
    expect(status).toBe(200)
    expect(body.length).toBeLessThanOrEqual(limit)
    for (const { agent_id } of body) ids.push(agent_id)
    const link: string | undefined = /<([^>]+)>; rel="next"/.exec(`${headers.link}`)?.[1]
    next = link && `/agents${link}`
  }
  return ids
}

/** Returns the first id that is not greater than its predecessor. */
function firstOutOfOrder(ids: readonly string[]): string | undefined {
  return ids.find((id, index) => index > 0 && id <= (ids[index - 1] ?? ''))
}

/** Lists stable agents that were not shown exactly once, with their counts. */
function miscounted(ids: readonly string[], stable: readonly string[]): string[] {
  const times = new Map<string, number>()
  for (const id of ids) times.set(id, (times.get(id) ?? 0) + 1)
  return stable
    .filter((id) => times.get(id) !== 1)
    .map((id) => `${id}: ${times.get(id) ?? 0} times`)
}
