// Nodes are killed one after the other under load, behind a load balancer.
//
//   ROLLCALL_CLUSTER_AGENTS    number of agents with heartbeats; default 500, full run 20 000
//   ROLLCALL_CLUSTER_SECONDS   how long nodes are killed; default 14, full run 180
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { Cluster } from './support/cluster.ts'
import type { ClusterNode } from './support/cluster-node.ts'
import { describeDelays } from './support/delays.ts'
import { firstDifference, lineOf, statesIn } from './support/delivery-check.ts'
import { HeartbeatHosts, mixedHosts } from './support/heartbeat-hosts.ts'
import { LifecycleWorkload } from './support/lifecycle-workload.ts'
import { NodeFollower } from './support/node-follower.ts'
import { RetryingClient } from './support/retrying-client.ts'
import { RoundRobinProxy } from './support/round-robin-proxy.ts'
import { SilencedAgents } from './support/silenced-agents.ts'

const AGENTS = Number(process.env.ROLLCALL_CLUSTER_AGENTS ?? 500)
const SECONDS = Number(process.env.ROLLCALL_CLUSTER_SECONDS ?? 14)
/** Agents that send their own heartbeats instead of sharing a batch with their host. */
const ALONE = Math.min(200, Math.round(AGENTS / 5))
const AGENTS_PER_HOST = Math.max(20, Math.round(AGENTS / 40))
/** A third of the shortest TTL is many times what a retry takes, even on a machine this busy. */
const TTLS_SECONDS = AGENTS > 2000 ? [20, 30, 60, 120] : [8, 10, 15, 30]
const CHANGERS = 6
const CHANGE_PAUSE_MS = 40
const SILENCED = { everyMs: 50, ttlsSeconds: [2, 3, 4, 5] }
/** Upper bound between the deadline of a silent agent and its expiry, whatever happens to nodes. */
/** Tens of milliseconds on an idle machine. */
const EXPIRED_WITHIN_MS = 5000
const BETWEEN_KILLS_MS = { least: 800, most: 2000 }
/** However long it takes: with fewer kills nothing has been tested. */
const MIN_KILLS = 3
const DOWN_MS = { least: 0, most: 1000 }

test(`killing nodes for ${SECONDS} s goes unnoticed by a fleet of ${AGENTS} agents`, {
  timeout: (SECONDS + 60) * 1000 + AGENTS * 10,
}, async () => {
  await using cluster = await Cluster.start({
    names: ['one', 'two', 'three'],
    args: ['--history-limit', '10000000', '--cleanup-interval', '5'],
    isDurable: true,
  })
  await using proxy = await RoundRobinProxy.start(cluster.nodes)
  using client = new RetryingClient(proxy.url)
  const fleet = new HeartbeatHosts(client)
  const silenced = new SilencedAgents(client)
  const changing = new LifecycleWorkload(client)
  const expiredBeating: string[] = []
  const watch = (event: AgentEvent): void => {
    silenced.receive(event)
    const { type, agent_id, reason } = event
    if (type === 'expired' && !agent_id.startsWith('silenced:')) {
      expiredBeating.push(`${agent_id}: ${reason}`)
    }
  }
  await using followers = new AsyncDisposableStack()
  const feeds = cluster.nodes.map((node) => followers.use(new NodeFollower(node, watch)))

  await Promise.all(feeds.map((feed) => feed.synced))
  await fleet.start(
    mixedHosts({
      agents: AGENTS,
      agentsPerHost: AGENTS_PER_HOST,
      alone: ALONE,
      ttlsSeconds: TTLS_SECONDS,
    }),
  )
  let isOver = false
  const workloads = Promise.all([
    silenced.launchUntil(() => isOver, SILENCED),
    changing.changeUntil(() => isOver, { changers: CHANGERS, pauseMs: CHANGE_PAUSE_MS }),
  ])
  const kills = await killFor(SECONDS * 1000, cluster.nodes)
  isOver = true
  await workloads
  await silenced.end(EXPIRED_WITHIN_MS)

  const revision = await cluster.node(0).settledRevision()
  await Promise.all(feeds.map((feed) => feed.reach(revision)))
  const events = await cluster.node(0).history()
  const lines = events.map(lineOf)
  const lists = await Promise.all(cluster.nodes.map((node) => node.agents()))
  await fleet.stop()

  const { acknowledged, unknown } = changing.acknowledged.figures
  console.log(
    [
      `${kills} kills of three nodes in ${SECONDS} s, with ${fleet.figures.agents} agents behind a proxy:`,
      `${fleet.figures.beats} heartbeats, TTLs from ${TTLS_SECONDS[0]} s, none of them expired`,
      `(longest gap between heartbeats ${Math.round(100 * fleet.figures.longestSilence)} % of a TTL);`,
      `${acknowledged} changes acknowledged, ${unknown} with unknown outcome, none lost or applied twice;`,
      `${client.figures.unknown} requests lost their connection; the proxy skipped ${proxy.figures.skipped};`,
      `expiries behind their deadlines: ${describeDelays(silenced.delaysMs)},`,
      `not counting ${silenced.figures.overtaken} agents whose responses arrived after their deadline;`,
      `${revision} transitions, each delivered once and in order by every node`,
      `(${feeds.map((feed) => `${feed.model.applied} over ${feed.figures.connections} connections`).join(', ')})`,
    ].join('\n  '),
  )

  expect(feeds.map((feed) => feed.failure)).toEqual(feeds.map(() => undefined))
  expect(feeds.map((feed) => feed.model.resets)).toEqual(feeds.map(() => 0))
  expect(lines).toHaveLength(revision)
  for (const feed of feeds) expect(firstDifference(feed.events.map(lineOf), lines)).toBeUndefined()
  for (const list of lists) {
    const listed = list.map(summary)
    for (const feed of feeds) {
      const held = [...feed.agents.values()].map(summary).sort()
      expect(firstDifference(held, listed.toSorted())).toBeUndefined()
    }
  }
  expect(expiredBeating, fleet.closeCalls.join('\n')).toEqual([])
  expect(fleet.failures).toEqual([])
  expect(lists[0]?.filter(({ agent_id }) => agent_id.startsWith('beating:'))).toHaveLength(AGENTS)
  expect(changing.failures).toEqual([])
  const isChanging = (agentId: string): boolean => agentId.startsWith('changing:')
  expect(changing.acknowledged.violations(statesIn(events, isChanging))).toEqual([])
  expect(silenced.failures).toEqual([])
  expect(silenced.figures.overtaken).toBeLessThan(silenced.delaysMs.length / 10)
  expect(silenced.delaysMs.length).toBeGreaterThan(SECONDS)
  expect(Math.max(...silenced.delaysMs)).toBeLessThan(EXPIRED_WITHIN_MS)
  // Otherwise no kill interrupted a request.
  expect(client.figures.unknown).toBeGreaterThan(0)
})

/** Kills a random node, restarts it, and repeats. Returns the number of kills. */
async function killFor(ms: number, nodes: readonly ClusterNode[]): Promise<number> {
  const end = Date.now() + ms
  let kills = 0
  while (Date.now() < end || kills < MIN_KILLS) {
    await sleep(between(BETWEEN_KILLS_MS))
    const node = nodes[Math.floor(Math.random() * nodes.length)]
    await node?.kill()
    kills++
    await sleep(between(DOWN_MS))
    await node?.start()
  }
  return kills
}

function between({ least, most }: { least: number; most: number }): number {
  return least + Math.random() * (most - least)
}

/** The fields of an agent that only transitions change. */
function summary(agent: AgentEvent['agent']): string {
  const { agent_id, port, status, revision, registered_at } = agent
  return JSON.stringify([agent_id, port, status, revision, registered_at])
}
