// Two nodes on one database: both deliver every transition, whichever node it was made on, once and
// in order, and a consumer can switch between them.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, AgentEvent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { freshStore } from '../stores/fresh-store.ts'
import { FeedChurn } from './support/feed-churn.ts'
import { filterQuery, followsEverything, randomFilter } from './support/feed-filter.ts'
import { SeededRandom } from './support/feed-random.ts'
import type { Send } from './support/http-client.ts'
import { NodeSwitchingConsumer } from './support/node-switching-consumer.ts'
import { RegistryProcess } from './support/registry-process.ts'

const SEED = Number(process.env.ROLLCALL_FEED_SEED ?? Math.floor(Math.random() * 2 ** 31))
const NODES = 2
const SWITCHING_CONSUMERS = 20
/** Minimum duration of the churn, which continues until every type of event has occurred. */
const CHURN_MS = 3000
const TYPES = ['deregistered', 'expired', 'registered', 'removed', 'revived', 'updated']

test('two nodes deliver every transition once and in order, also to a consumer that switches between them', async () => {
  console.log(`ROLLCALL_FEED_SEED=${SEED}`)
  const random = new SeededRandom(SEED)
  await using store = await freshStore('postgres')
  await using started = new AsyncDisposableStack()
  const start = async () => {
    const args = ['--cleanup-interval', '1']
    return started.use(await RegistryProcess.start({ cwd: store.folder, db: store.url, args }))
  }
  const nodes = await Promise.all(Array.from({ length: NODES }, start))
  const urls = nodes.map(({ url }) => url)

  const everything = { query: 'include_dead=true', followsEverything: true }
  const staying = nodes.map(
    () => new NodeSwitchingConsumer({ ...everything, random: random.fork() }),
  )
  const switching = new NodeSwitchingConsumer({ ...everything, random: random.fork() })
  const filtered = Array.from({ length: SWITCHING_CONSUMERS }, () => {
    const filter = randomFilter(random)
    const query = `${filterQuery(filter)}`
    const options = { query, followsEverything: followsEverything(filter), random: random.fork() }
    return { query, switching: new NodeSwitchingConsumer(options) }
  })
  const allSwitching = [switching, ...filtered.map((it) => it.switching)]
  const following = Promise.all([
    ...staying.map((consumer, index) => consumer.follow([urls[index] as string])),
    ...allSwitching.map((it) => it.follow(urls)),
  ])

  const isConnected = async () =>
    [...staying, ...allSwitching].every(({ model }) => model.lastId !== undefined)
  await Promise.race([expect.poll(isConnected).toBe(true), following])

  let turn = 0
  const send: Send = (...request) =>
    (nodes[turn++ % NODES] as RegistryProcess).http.send(...request)
  const deliveredTypes = () => [...new Set(staying[0]?.changes.map(({ type }) => type))].sort()
  const churned = async (): Promise<void> => {
    await using churn = new FeedChurn(send, random.fork())
    churn.start()
    await sleep(CHURN_MS)
    await expect.poll(deliveredTypes).toEqual(TYPES)
    await churn.pause()
  }
  await Promise.race([churned(), following])
  // Every automatic change has happened: the leases last a second, and the cleanup runs every
  // second.
  const revision = await settledRevision(send)
  const lastRevisions = async () =>
    [...staying, switching].map(({ changes }) => changes.at(-1)?.revision)
  await Promise.race([
    expect.poll(lastRevisions).toEqual([revision, revision, revision]),
    following,
  ])

  const [first = [], ...others] = [...staying, switching].map(({ changes }) =>
    changes.map(stableFields),
  )
  expect(first.map((change) => change.revision)).toEqual(
    Array.from({ length: revision }, (_, index) => index + 1),
  )
  for (const other of others) expect(other).toEqual(first)
  for (const { http } of nodes) {
    for (const { query, switching } of filtered) {
      const { body } = await http.get<Agent[]>(`/agents?${query}`)
      const listed = body.map(({ agent_id, revision }) => [agent_id, revision])
      const held = () => [...switching.model.agents.values()].map((a) => [a.agent_id, a.revision])
      await expect.poll(() => held().sort(), { message: query }).toEqual(listed)
    }
  }
  for (const it of [...staying, ...allSwitching]) it.stop()
  await following
  const switches = allSwitching.reduce((sum, it) => sum + it.switches, 0)
  console.log(
    `two nodes: ${revision} transitions, ${SWITCHING_CONSUMERS + 1} switching consumers, ${switches} switches`,
  )
})

/** Returns the revision once it has been stable for longer than the cleanup interval. */
async function settledRevision(send: Send): Promise<number> {
  for (let before = -1; ; ) {
    const { headers } = await send<Agent[]>('GET', '/agents?limit=1')
    const revision = Number(headers['x-registry-revision'])
    if (revision === before) return revision
    before = revision
    await sleep(2500)
  }
}

/**
 * Fields that must be the same on every node; a load, and the times that go with it, may be newer.
 */
function stableFields({ revision, type, agent_id, at, reason, agent }: AgentEvent) {
  return { revision, type, agent_id, at, reason, status: agent.status, name: agent.agent_name }
}
