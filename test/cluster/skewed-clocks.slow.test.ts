// Two nodes run with their clocks an hour slow and an hour fast. All leases follow the clock of the
// database, whichever node receives, serves or sweeps.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Agent, HeartbeatReceipt, RegisteredAgent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { Cluster } from './support/cluster.ts'
import type { ClusterNode } from './support/cluster-node.ts'
import { describeDelays } from './support/delays.ts'
import { lineOf } from './support/delivery-check.ts'
import { NodeFollower } from './support/node-follower.ts'
import { SweepingNode } from './support/sweeping-node.ts'

const HOUR_MS = 3_600_000
const NAMES = ['slow', 'right', 'fast']
const TTL_SECONDS = 4
/** Per node: agents that never send a heartbeat, and as many that keep sending them. */
const AGENTS = 10
/** The database and this process share the clock of one machine; the rest is rounding. */
const TOLERANCE_MS = 20
/** How long the nodes are watched after the last deadline. */
const WATCHED_MS = 1000
const POLL_MS = 50

/** Deadlines by agent as reported by the registration; Unix ms. */
type Deadlines = Map<string, number>

test('leases, lists and timestamps are the same on every node, however wrong its clock', async () => {
  await using cluster = await Cluster.create({
    names: NAMES,
    clockErrorsMs: { slow: -HOUR_MS, fast: HOUR_MS },
    // Half of the skew: by a skewed clock every event would exceed this age.
    args: ['--history-max-age', '1800'],
  })
  await using followers = new AsyncDisposableStack()
  const feeds = cluster.nodes.map((node) => followers.use(new NodeFollower(node)))
  const sweeping = new SweepingNode(cluster)
  const delaysMs: number[] = []

  for (const [round, sweeper] of cluster.nodes.entries()) {
    // The only running node is the sweeper.
    for (const node of cluster.nodes) if (round > 0 && node !== sweeper) await node.stop()
    if (round === 0) await sweeping.introduce(sweeper)
    while ((await sweeping.find()) !== sweeper) await sleep(POLL_MS)
    for (const node of cluster.nodes) if (node !== sweeper) await sweeping.introduce(node)
    expect(cluster.nodes.map(clockErrorHours)).toEqual([-1, 0, 1])
    delaysMs.push(...(await runRound(cluster, `round-${round}`)))
    expect((await sweeping.find()).name).toBe(sweeper.name)
  }

  const revision = await cluster.node(0).settledRevision()
  await Promise.all(feeds.map((feed) => feed.reach(revision)))
  expect(feeds.map((feed) => feed.failure)).toEqual(feeds.map(() => undefined))
  const histories = await Promise.all(cluster.nodes.map((node) => node.history()))
  for (const history of histories) {
    expect(history).toHaveLength(revision)
    expect(history.map(lineOf)).toEqual(histories[0]?.map(lineOf))
  }
  console.log(
    `clocks skewed by an hour, each node sweeping in turn: ${revision} transitions, the same from ` +
      `each node; lists were correct ${lists.checked} times; expiries behind their deadlines: ` +
      describeDelays(delaysMs),
  )
})

const lists = { checked: 0 }

/**
 * Registers agents on all nodes, half of which fall silent and expire. Returns the delay of each
 * expiry.
 */
async function runRound(cluster: Cluster, round: string): Promise<number[]> {
  const deadlines: Deadlines = new Map()
  const stalledBefore = await stalledMs(cluster)
  // On a busy machine, lease time may stand still for a moment: deadlines are later by that much.
  const stalledSince = async () => (await stalledMs(cluster)) - stalledBefore
  const beating: string[] = []
  // On a busy machine the first agent may expire before the last has registered.
  await using followers = new AsyncDisposableStack()
  const delaysMs: number[] = []
  const errors: string[] = []
  for (const node of cluster.nodes) {
    const follower = followers.use(
      new NodeFollower(node, ({ type, agent_id, at }) => {
        if (type !== 'expired') return
        const deadline = deadlines.get(agent_id)
        const now = Date.now()
        if (deadline === undefined) errors.push(`${agent_id} expired although it sends heartbeats`)
        else if (now < deadline || Date.parse(at) < deadline) errors.push(`${agent_id} is early`)
        else delaysMs.push(now - deadline)
      }),
    )
    await follower.synced
  }
  for (const node of cluster.nodes) {
    for (let index = 0; index < AGENTS; index++) {
      const agentId = `${round}:${node.name}:${index}`
      deadlines.set(`${agentId}:silent`, await register(node, `${agentId}:silent`))
      await register(node, `${agentId}:beating`)
      beating.push(`${agentId}:beating`)
    }
  }
  // No heartbeats yet: every node must show the same times, also of agents that lapse between two reads.
  const reads = await Promise.all(cluster.nodes.map((node) => node.agents('?include_dead=true')))
  const [first, ...others] = reads.map((list) => list.map(timesOf))
  for (const times of others) expect(times).toEqual(first)

  const end = Math.max(...deadlines.values()) + WATCHED_MS
  await Promise.all([
    ...cluster.nodes.map((node) => checkLists(node, { deadlines, beating, end, stalledSince })),
    ...beating.map((agentId, index) => beat(cluster, agentId, { index, end })),
  ])
  for (const agentId of beating) await cluster.node(0).http.send('DELETE', `/agents/${agentId}`)
  await expect.poll(() => delaysMs.length).toBe(deadlines.size * cluster.nodes.length)
  expect(errors).toEqual([])
  return delaysMs
}

/** What a node shows of an agent that neither the moment of the read nor a stall changes. */
function timesOf({
  agent_id: id,
  registered_at: registeredAt,
  last_heartbeat: lastHeartbeat,
}: Agent) {
  return { id, registeredAt, lastHeartbeat }
}

/** Registers an agent and checks the times of the receipt. Returns its deadline. */
async function register({ http }: ClusterNode, agentId: string): Promise<number> {
  const sentAt = Date.now()
  const agent = registration(agentId, { ttl_seconds: TTL_SECONDS })
  const { body } = await http.send<RegisteredAgent>('POST', '/agents/register', agent)
  expectNow(body.registered_at, sentAt)
  expectNow(body.last_heartbeat, sentAt)
  const deadline = Date.parse(body.last_heartbeat) + TTL_SECONDS * 1000
  expect(Date.parse(body.expires_at)).toBe(deadline)
  return deadline
}

/** Sends heartbeats through one node after the other and checks the receipts. */
async function beat(
  cluster: Cluster,
  agentId: string,
  { index, end }: { index: number; end: number },
): Promise<void> {
  const path = `/agents/${agentId}/heartbeat`
  for (let turn = index; Date.now() < end; turn++) {
    const { http } = cluster.node(turn % cluster.nodes.length)
    const sentAt = Date.now()
    const { status, body } = await http.send<HeartbeatReceipt>('POST', path)
    expect(status).toBe(200)
    expectNow(body.last_heartbeat, sentAt)
    await sleep((TTL_SECONDS * 1000) / 3)
  }
}

/** Polls the live list of a node and compares it with the known deadlines. */
async function checkLists(
  node: ClusterNode,
  known: {
    deadlines: Deadlines
    beating: readonly string[]
    end: number
    stalledSince: () => Promise<number>
  },
): Promise<void> {
  for (;;) {
    const sentAt = Date.now()
    if (sentAt > known.end) return
    const listed = new Set((await node.agents()).map(({ agent_id }) => agent_id))
    const respondedAt = Date.now()
    const living = known.beating.filter((agentId) => !listed.has(agentId))
    const early = [...known.deadlines].filter(
      ([agentId, deadline]) => !listed.has(agentId) && respondedAt < deadline - TOLERANCE_MS,
    )
    const stalled = await known.stalledSince()
    const late = [...known.deadlines].filter(
      ([agentId, deadline]) => listed.has(agentId) && sentAt > deadline + stalled + TOLERANCE_MS,
    )
    expect({ node: node.name, living, early, late }).toEqual({
      node: node.name,
      living: [],
      early: [],
      late: [],
    })
    lists.checked++
    await sleep(POLL_MS)
  }
}

/** Returns for how long lease time has stood still until now. */
async function stalledMs(cluster: Cluster): Promise<number> {
  const [row] = await cluster.query<{ ms: string }>(
    'SELECT stall_shift + stalled AS ms FROM rollcall.moment(NULL)',
  )
  return Number(row?.ms)
}

function expectNow(time: string, sentAt: number): void {
  expect(Date.parse(time)).toBeGreaterThanOrEqual(sentAt - TOLERANCE_MS)
  expect(Date.parse(time)).toBeLessThanOrEqual(Date.now() + TOLERANCE_MS)
}

/** By how many hours the clock of a node is off, according to the times in its log. */
function clockErrorHours({ output }: ClusterNode): number {
  const time = Date.parse(/"time":"([^"]+)"/.exec(output)?.[1] ?? '')
  return Math.round((time - Date.now()) / HOUR_MS) + 0
}
