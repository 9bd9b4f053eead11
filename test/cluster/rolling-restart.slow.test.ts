// All nodes are restarted one after the other, as in an upgrade.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Cluster } from './support/cluster.ts'
import { deadlinesOf, registerAll, watchExpiries } from './support/deadlines.ts'
import { DelayWatch } from './support/delays.ts'
import { HeartbeatHosts, mixedHosts } from './support/heartbeat-hosts.ts'
import { NodeFollower } from './support/node-follower.ts'
import { RetryingClient } from './support/retrying-client.ts'
import { RoundRobinProxy } from './support/round-robin-proxy.ts'

const BEATING = 200
const SILENT = 50
/** Silent agents must not lapse before the last restart, however slow it is. */
const MIN_SILENT_TTL_SECONDS = 12
const STARTS_PER_SILENT_TTL = 4
/** Displayed times are rounded. */
const ROUNDING_MS = 2
/** Tens of milliseconds on an idle machine. */
const EXPIRED_WITHIN_MS = 5000

test('a rolling restart expires no live agent and extends no lease', async () => {
  const createdAt = performance.now()
  await using cluster = await Cluster.start({ names: ['one', 'two', 'three'] })
  const silentTtlSeconds = Math.max(
    MIN_SILENT_TTL_SECONDS,
    Math.ceil((STARTS_PER_SILENT_TTL * (performance.now() - createdAt)) / 1000),
  )
  await using proxy = await RoundRobinProxy.start(cluster.nodes)
  using client = new RetryingClient(proxy.url)
  const fleet = new HeartbeatHosts(client)
  await using followers = new AsyncDisposableStack()
  const feeds = cluster.nodes.map((node) => followers.use(new NodeFollower(node)))
  await Promise.all(feeds.map((feed) => feed.synced))
  await fleet.start(
    mixedHosts({ agents: BEATING, agentsPerHost: 20, alone: BEATING / 2, ttlsSeconds: [5, 8] }),
  )
  const silentIds = Array.from({ length: SILENT }, (_, index) => `silent:${index}`)
  const deadlines = await registerAll(cluster.node(1), silentIds, silentTtlSeconds)

  using machine = new DelayWatch()
  // A stall moves deadlines, as it must: no node could listen meanwhile. Without one, nothing does.
  let movedMs = 0
  const startedAt = Date.now()
  for (const node of cluster.nodes) {
    expect((await node.stop())?.code).toBe(0)
    await node.start()
    for (const [agentId, shown] of deadlinesOf(await node.agents())) {
      const deadline = deadlines.get(agentId) ?? shown
      expect(shown - deadline).toBeGreaterThanOrEqual(-ROUNDING_MS)
      movedMs = Math.max(movedMs, shown - deadline)
    }
  }
  const tookMs = Date.now() - startedAt
  const first = Math.min(...deadlines.values())
  expect(Date.now()).toBeLessThan(first)
  // By then every agent with heartbeats has renewed its lease, and the renewed lease would have
  // lapsed too.
  const end = Math.max(...deadlines.values()) + EXPIRED_WITHIN_MS
  const errors = await watchExpiries(cluster.node(2), deadlines, end)
  await sleep(500)
  for (const [agentId, shown] of deadlinesOf(await cluster.node(0).agents('?include_dead=true'))) {
    movedMs = Math.max(movedMs, shown - (deadlines.get(agentId) ?? shown))
  }
  const allowedMs = ROUNDING_MS + (machine.hasSeenDelay ? movedMs : 0)
  expect(movedMs).toBeLessThanOrEqual(allowedMs)
  const expired = (await cluster.node(0).history()).filter(({ type }) => type === 'expired')
  expect(expired.map(({ agent_id }) => agent_id).sort()).toEqual([...silentIds].sort())
  const delaysMs = expired.map(
    ({ agent_id, at }) => Date.parse(at) - (deadlines.get(agent_id) ?? 0),
  )
  expect(Math.min(...delaysMs)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...delaysMs)).toBeLessThan(EXPIRED_WITHIN_MS + allowedMs)
  expect(Math.min(0, ...errors.values())).toBe(0)
  expect(Math.max(0, ...errors.values())).toBeLessThanOrEqual(allowedMs)
  await fleet.stop()
  expect(fleet.failures).toEqual([])

  const revision = await cluster.node(0).settledRevision()
  await Promise.all(feeds.map((feed) => feed.reach(revision)))
  expect(feeds.map((feed) => feed.failure)).toEqual(feeds.map(() => undefined))
  expect(feeds.map((feed) => feed.events.length)).toEqual(feeds.map(() => revision))
  console.log(
    `three nodes restarted in order within ${tookMs} ms: ${fleet.figures.agents} agents sent ` +
      `${fleet.figures.beats} heartbeats and none expired; ${SILENT} silent ones expired at most ` +
      `${Math.max(...delaysMs)} ms behind their original deadlines; ` +
      `${client.figures.unknown} requests lost their connection`,
  )
})
