// The sweeping node is killed or frozen while leases lapse continuously.
//
//   ROLLCALL_TAKEOVER_ROUNDS   rounds of each; default 1 (some 10 s), full run 10
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Cluster } from './support/cluster.ts'
import { describeDelays } from './support/delays.ts'
import { firstDifference, lineOf } from './support/delivery-check.ts'
import { HeartbeatHosts, mixedHosts } from './support/heartbeat-hosts.ts'
import { NodeFollower } from './support/node-follower.ts'
import { RetryingClient } from './support/retrying-client.ts'
import { RoundRobinProxy } from './support/round-robin-proxy.ts'
import { SilencedAgents } from './support/silenced-agents.ts'
import { SweepingNode } from './support/sweeping-node.ts'

const ROUNDS = Number(process.env.ROLLCALL_TAKEOVER_ROUNDS ?? 1)
/** TTLs of agents with heartbeats; a node is frozen for longer than most of these leases. */
const TTLS_SECONDS = [5, 6, 9]
const BEATING = 60
const STOPPED_MS = 7000
const KILLED_MS = 2500
/** The pace at which leases lapse sets the resolution of the measurement. */
const SILENCED = { everyMs: 20, ttlsSeconds: [1, 2] }
const WARM_UP_MS = 2500
const TAKEN_OVER_WITHIN_MS = 5000
const CAUGHT_UP_WITHIN_MS = 5000

test('when the sweeping node is killed or frozen, another node takes over, and the old one does no harm when it resumes', {
  timeout: 60_000 + ROUNDS * 20_000,
}, async () => {
  await using cluster = await Cluster.create({ names: ['one', 'two', 'three'] })
  const sweeping = new SweepingNode(cluster)
  for (const node of cluster.nodes) await sweeping.introduce(node)
  await using proxy = await RoundRobinProxy.start(cluster.nodes)
  using client = new RetryingClient(proxy.url)
  const silenced = new SilencedAgents(client)
  const fleet = new HeartbeatHosts(client)
  const expiredBeating: string[] = []
  await using followers = new AsyncDisposableStack()
  const feeds = cluster.nodes.map((node) =>
    followers.use(
      new NodeFollower(node, (event) => {
        silenced.receive(event)
        if (event.type === 'expired' && event.agent_id.startsWith('beating:')) {
          expiredBeating.push(`${event.agent_id}: ${event.reason}`)
        }
      }),
    ),
  )
  await Promise.all(feeds.map((feed) => feed.synced))
  await fleet.start(
    mixedHosts({
      agents: BEATING,
      agentsPerHost: 5,
      alone: BEATING / 2,
      ttlsSeconds: TTLS_SECONDS,
    }),
  )
  let isOver = false
  const workload = silenced.launchUntil(() => isOver, SILENCED)
  await sleep(WARM_UP_MS)

  /** The longest delay among the expiries since a moment. */
  const figures = {
    killedMs: [] as number[],
    stoppedMs: [] as number[],
    caughtUpMs: [] as number[],
  }
  const worstOf = async (during: Promise<unknown>): Promise<number> => {
    const before = silenced.delaysMs.length
    await during
    expect(silenced.delaysMs.length).toBeGreaterThan(before)
    return Math.max(...silenced.delaysMs.slice(before))
  }
  for (let round = 0; round < ROUNDS; round++) {
    const killed = await sweeping.find()
    await killed.kill()
    figures.killedMs.push(await worstOf(sleep(KILLED_MS)))
    expect(await sweeping.find()).not.toBe(killed)
    await sweeping.introduce(killed)

    const stopped = await sweeping.find()
    stopped.freeze()
    proxy.exclude(stopped)
    figures.stoppedMs.push(await worstOf(sleep(STOPPED_MS)))
    expect(await sweeping.find()).not.toBe(stopped)
    const { revision } = await (cluster.nodes.find((node) => node !== stopped) ?? stopped).health()
    const feed = feeds.find(({ node }) => node === stopped)
    expect(feed?.revision).toBeLessThan(revision)
    const thawedAt = Date.now()
    stopped.thaw()
    proxy.include(stopped)
    await feed?.reach(revision, CAUGHT_UP_WITHIN_MS)
    figures.caughtUpMs.push(Date.now() - thawedAt)
  }
  isOver = true
  await workload
  await silenced.end(TAKEN_OVER_WITHIN_MS)
  await fleet.stop()

  const revision = await cluster.node(0).settledRevision()
  await Promise.all(feeds.map((feed) => feed.reach(revision)))
  console.log(
    `${ROUNDS} times each: the sweeping node killed, expiries at most ` +
      `${Math.max(...figures.killedMs)} ms late; frozen for ${STOPPED_MS} ms, at most ` +
      `${Math.max(...figures.stoppedMs)} ms late, caught up within ` +
      `${Math.max(...figures.caughtUpMs)} ms; all expiries behind their deadlines: ` +
      `${describeDelays(silenced.delaysMs)}; ${fleet.figures.agents} agents sent ` +
      `${fleet.figures.beats} heartbeats and none expired; ${revision} transitions delivered by each`,
  )

  expect(feeds.map((feed) => feed.failure)).toEqual(feeds.map(() => undefined))
  expect(feeds.map((feed) => feed.model.resets)).toEqual(feeds.map(() => 0))
  const lines = (await cluster.node(0).history()).map(lineOf)
  expect(lines).toHaveLength(revision)
  for (const feed of feeds) expect(firstDifference(feed.events.map(lineOf), lines)).toBeUndefined()
  expect(expiredBeating, fleet.closeCalls.join('\n')).toEqual([])
  expect(fleet.failures).toEqual([])
  expect(silenced.failures).toEqual([])
  expect(silenced.figures.overtaken).toBeLessThan(silenced.delaysMs.length / 10)
  expect(Math.max(...silenced.delaysMs)).toBeLessThan(TAKEN_OVER_WITHIN_MS)
})
