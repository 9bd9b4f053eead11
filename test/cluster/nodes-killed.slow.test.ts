// Nodes are killed one after the other while a fleet lives behind a load balancer.
//
//   ROLLCALL_CLUSTER_AGENTS    how many agents beat; 500 by default. The full run is 20 000.
//   ROLLCALL_CLUSTER_SECONDS   for how long nodes are killed; 14 by default. The full run is 180.
import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentEvent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { BeatingFleet, mixedHosts } from './support/heartbeat-hosts.ts'
import { ChangingAgents } from './support/lifecycle-workload.ts'
import { Cluster } from './support/cluster.ts'
import type { ClusterNode } from './support/cluster-node.ts'
import { describeDelays } from './support/delays.ts'
import { firstDifference, lineOf, statesIn } from './support/delivery-check.ts'
import { NodeFollower } from './support/node-follower.ts'
import { PatientClient } from './support/retrying-client.ts'
import { RoundRobinProxy } from './support/round-robin-proxy.ts'
import { SilencedAgents } from './support/silenced-agents.ts'

const AGENTS = Number(process.env.ROLLCALL_CLUSTER_AGENTS ?? 500)
const SECONDS = Number(process.env.ROLLCALL_CLUSTER_SECONDS ?? 14)
/** Of the agents that beat, so many do so alone, each with requests of its own. */
const ALONE = Math.min(200, Math.round(AGENTS / 5))
const AGENTS_PER_HOST = Math.max(20, Math.round(AGENTS / 40))
/** A third of the shortest is many times what a retry takes, on a machine as busy as that. */
const TTLS_SECONDS = AGENTS > 2000 ? [20, 30, 60, 120] : [8, 10, 15, 30]
const CHANGERS = 6
const CHANGE_PAUSE_MS = 40
const SILENCED = { everyMs: 50, ttlsSeconds: [2, 3, 4, 5] }
/** A silent agent is known to be expired so long after its deadline, whatever happens to nodes. */
/** Some tens of milliseconds where nothing else runs. */
const EXPIRED_WITHIN_MS = 5000
const BETWEEN_KILLS_MS = { least: 800, most: 2000 }
/** However long it takes: otherwise nothing was tried. */
const LEAST_KILLS = 3
const DOWN_MS = { least: 0, most: 1000 }

test(`a fleet of ${AGENTS} does not notice that nodes are killed for ${SECONDS} s`, {
  timeout: (SECONDS + 60) * 1000 + AGENTS * 10,
}, async () => {
  await using cluster = await Cluster.start({
    names: ['one', 'two', 'three'],
    args: ['--history-limit', '10000000', '--cleanup-interval', '5'],
    isDurable: true,
  })
  await using proxy = await RoundRobinProxy.start(cluster.nodes)
  using client = new PatientClient(proxy.url)
  const fleet = new BeatingFleet(client)
  const silenced = new SilencedAgents(client)
  const changing = new ChangingAgents(client)
  const expiredBeating: string[] = []
  const watch = (event: AgentEvent): void => {
    silenced.take(event)
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
  const lives = Promise.all([
    silenced.launchUntil(() => isOver, SILENCED),
    changing.changeUntil(() => isOver, { changers: CHANGERS, pauseMs: CHANGE_PAUSE_MS }),
  ])
  const kills = await killFor(SECONDS * 1000, cluster.nodes)
  isOver = true
  await lives
  await silenced.end(EXPIRED_WITHIN_MS)

  const revision = await cluster.node(0).quiet()
  await Promise.all(feeds.map((feed) => feed.reach(revision)))
  const told = await cluster.node(0).history()
  const lines = told.map(lineOf)
  const lists = await Promise.all(cluster.nodes.map((node) => node.agents()))
  await fleet.stop()

  const { acknowledged, unknown } = changing.promises.figures
  console.log(
    [
      `${kills} kills of three nodes in ${SECONDS} s, with ${fleet.figures.agents} agents behind a proxy:`,
      `${fleet.figures.beats} heartbeats, TTLs from ${TTLS_SECONDS[0]} s, none of them expired`,
      `(the longest silence was ${Math.round(100 * fleet.figures.longestSilence)} % of a TTL);`,
      `${acknowledged} changes acknowledged, ${unknown} left unknown, none lost or done twice;`,
      `${client.figures.unknown} requests lost their node; the proxy skipped ${proxy.figures.skipped};`,
      `expiries behind their deadlines: ${describeDelays(silenced.delaysMs)},`,
      `besides ${silenced.figures.overtaken} of agents that had their answers too late;`,
      `${revision} transitions, each told once and in order by every node`,
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
  expect(changing.promises.brokenBy(statesIn(told, isChanging))).toEqual([])
  expect(silenced.failures).toEqual([])
  expect(silenced.figures.overtaken).toBeLessThan(silenced.delaysMs.length / 10)
  expect(silenced.delaysMs.length).toBeGreaterThan(SECONDS)
  expect(Math.max(...silenced.delaysMs)).toBeLessThan(EXPIRED_WITHIN_MS)
  // Otherwise no kill hit anybody.
  expect(client.figures.unknown).toBeGreaterThan(0)
})

/** Kills one node after the other, at random, and starts each again. Gives how many it were. */
async function killFor(ms: number, nodes: readonly ClusterNode[]): Promise<number> {
  const end = Date.now() + ms
  let kills = 0
  while (Date.now() < end || kills < LEAST_KILLS) {
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

/** What of an agent only transitions change. */
function summary(agent: AgentEvent['agent']): string {
  const { agent_id, port, status, revision, registered_at } = agent
  return JSON.stringify([agent_id, port, status, revision, registered_at])
}
