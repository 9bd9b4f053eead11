// Two nodes on one database: whatever happens through either of them, both tell it, once and in
// order, and it does not matter which of them is asked.
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
const HOPPERS = 20
/** The churn goes on for so long at least, and until everything has happened that can. */
const CHURN_MS = 3000
const TYPES = ['deregistered', 'expired', 'registered', 'removed', 'revived', 'updated']

test('two nodes tell every transition once and in order, also to whoever goes from one to the other', async () => {
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
  const stayers = nodes.map(
    () => new NodeSwitchingConsumer({ ...everything, random: random.fork() }),
  )
  const hopper = new NodeSwitchingConsumer({ ...everything, random: random.fork() })
  const choosers = Array.from({ length: HOPPERS }, () => {
    const filter = randomFilter(random)
    const query = `${filterQuery(filter)}`
    const options = { query, followsEverything: followsEverything(filter), random: random.fork() }
    return { query, hopper: new NodeSwitchingConsumer(options) }
  })
  const hoppers = [hopper, ...choosers.map((it) => it.hopper)]
  const following = Promise.all([
    ...stayers.map((stayer, index) => stayer.follow([urls[index] as string])),
    ...hoppers.map((it) => it.follow(urls)),
  ])

  const isThere = async () =>
    [...stayers, ...hoppers].every(({ model }) => model.lastId !== undefined)
  await Promise.race([expect.poll(isThere).toBe(true), following])

  let turn = 0
  const send: Send = (...request) =>
    (nodes[turn++ % NODES] as RegistryProcess).http.send(...request)
  const typesTold = () => [...new Set(stayers[0]?.changes.map(({ type }) => type))].sort()
  const churned = async (): Promise<void> => {
    await using churn = new FeedChurn(send, random.fork())
    churn.start()
    await sleep(CHURN_MS)
    await expect.poll(typesTold).toEqual(TYPES)
    await churn.pause()
  }
  await Promise.race([churned(), following])
  // Everything that changes by itself has: leases of a second, and a cleanup every second.
  const revision = await settled(send)
  const told = async () => [...stayers, hopper].map(({ changes }) => changes.at(-1)?.revision)
  await Promise.race([expect.poll(told).toEqual([revision, revision, revision]), following])

  const [first = [], ...others] = [...stayers, hopper].map(({ changes }) => changes.map(essence))
  expect(first.map((change) => change.revision)).toEqual(
    Array.from({ length: revision }, (_, index) => index + 1),
  )
  for (const other of others) expect(other).toEqual(first)
  for (const { http } of nodes) {
    for (const { query, hopper } of choosers) {
      const { body } = await http.get<Agent[]>(`/agents?${query}`)
      const listed = body.map(({ agent_id, revision }) => [agent_id, revision])
      const held = () => [...hopper.model.agents.values()].map((a) => [a.agent_id, a.revision])
      await expect.poll(() => held().sort(), { message: query }).toEqual(listed)
    }
  }
  for (const it of [...stayers, ...hoppers]) it.stop()
  await following
  const hops = hoppers.reduce((sum, it) => sum + it.hops, 0)
  console.log(`two nodes: ${revision} transitions, ${HOPPERS + 1} hoppers, ${hops} hops`)
})

/** The revision, once it has not moved for longer than a cleanup takes to come. */
async function settled(send: Send): Promise<number> {
  for (let before = -1; ; ) {
    const { headers } = await send<Agent[]>('GET', '/agents?limit=1')
    const revision = Number(headers['x-registry-revision'])
    if (revision === before) return revision
    before = revision
    await sleep(2500)
  }
}

/** What must be the same whoever tells it; a load, and the times that go with it, may be newer. */
function essence({ revision, type, agent_id, at, reason, agent }: AgentEvent) {
  return { revision, type, agent_id, at, reason, status: agent.status, name: agent.agent_name }
}
