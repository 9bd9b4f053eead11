// All nodes are restarted one after the other, as for a new version.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BeatingFleet, mixedHosts } from './support/heartbeat-hosts.ts'
import { Cluster } from './support/cluster.ts'
import { deadlinesOf, registerAll, watchThemDie } from './support/deadlines.ts'
import { NodeFollower } from './support/node-follower.ts'
import { PatientClient } from './support/retrying-client.ts'
import { RoundRobinProxy } from './support/round-robin-proxy.ts'

const BEATING = 200
const SILENT = 50
/** Agents that are silent all the time lapse only after the last restart, however slow it is. */
const LEAST_SILENT_TTL_SECONDS = 12
const STARTS_PER_SILENT_TTL = 4
/** A time that is shown is rounded. */
const ROUNDING_MS = 2
/** Some tens of milliseconds where nothing else runs. */
const EXPIRED_WITHIN_MS = 5000

test('a rolling restart expires nobody, and gives nobody more time than it had', async () => {
  const createdAt = performance.now()
  await using cluster = await Cluster.start({ names: ['one', 'two', 'three'] })
  const silentTtlSeconds = Math.max(
    LEAST_SILENT_TTL_SECONDS,
    Math.ceil((STARTS_PER_SILENT_TTL * (performance.now() - createdAt)) / 1000),
  )
  await using proxy = await RoundRobinProxy.start(cluster.nodes)
  using client = new PatientClient(proxy.url)
  const fleet = new BeatingFleet(client)
  await using followers = new AsyncDisposableStack()
  const feeds = cluster.nodes.map((node) => followers.use(new NodeFollower(node)))
  await Promise.all(feeds.map((feed) => feed.synced))
  await fleet.start(
    mixedHosts({ agents: BEATING, agentsPerHost: 20, alone: BEATING / 2, ttlsSeconds: [3, 5] }),
  )
  const silentIds = Array.from({ length: SILENT }, (_, index) => `silent:${index}`)
  const promised = await registerAll(cluster.node(1), silentIds, silentTtlSeconds)

  const startedAt = Date.now()
  for (const node of cluster.nodes) {
    expect((await node.stop())?.code).toBe(0)
    await node.start()
    for (const [agentId, shown] of deadlinesOf(await node.agents())) {
      const deadline = promised.get(agentId) ?? shown
      expect(Math.abs(shown - deadline)).toBeLessThanOrEqual(ROUNDING_MS)
    }
  }
  const tookMs = Date.now() - startedAt
  const first = Math.min(...promised.values())
  expect(Date.now()).toBeLessThan(first)
  // Every agent that beats has beaten since, and its next lease is over as well before the end.
  const end = Math.max(...promised.values()) + EXPIRED_WITHIN_MS
  const errors = await watchThemDie(cluster.node(2), promised, end)
  await sleep(500)
  const expired = (await cluster.node(0).history()).filter(({ type }) => type === 'expired')
  expect(expired.map(({ agent_id }) => agent_id).sort()).toEqual([...silentIds].sort())
  const delaysMs = expired.map(({ agent_id, at }) => Date.parse(at) - (promised.get(agent_id) ?? 0))
  expect(Math.min(...delaysMs)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...delaysMs)).toBeLessThan(EXPIRED_WITHIN_MS)
  expect(Math.min(0, ...errors.values())).toBe(0)
  expect(Math.max(0, ...errors.values())).toBeLessThanOrEqual(ROUNDING_MS)
  await fleet.stop()
  expect(fleet.failures).toEqual([])

  const revision = await cluster.node(0).quiet()
  await Promise.all(feeds.map((feed) => feed.reach(revision)))
  expect(feeds.map((feed) => feed.failure)).toEqual(feeds.map(() => undefined))
  expect(feeds.map((feed) => feed.events.length)).toEqual(feeds.map(() => revision))
  console.log(
    `three nodes restarted in order within ${tookMs} ms: ${fleet.figures.agents} agents beat ` +
      `${fleet.figures.beats} times and none expired; ${SILENT} silent ones expired at most ` +
      `${Math.max(...delaysMs)} ms behind the deadlines from before; ` +
      `${client.figures.unknown} requests lost their node`,
  )
})
