// The node that sweeps is killed, or stands still, while leases lapse all the time.
//
//   ROLLCALL_TAKEOVER_ROUNDS   how often each; 1 by default, some 10 s. The full run is 10.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { BeatingFleet, mixedHosts } from './support/heartbeat-hosts.ts'
import { Cluster } from './support/cluster.ts'
import { describeDelays } from './support/delays.ts'
import { firstDifference, lineOf } from './support/delivery-check.ts'
import { NodeFollower } from './support/node-follower.ts'
import { PatientClient } from './support/retrying-client.ts'
import { RoundRobinProxy } from './support/round-robin-proxy.ts'
import { SilencedAgents } from './support/silenced-agents.ts'
import { SweepingNode } from './support/sweeping-node.ts'

const ROUNDS = Number(process.env.ROLLCALL_TAKEOVER_ROUNDS ?? 1)
/** Of agents that live on; a node stands still for longer than the leases of the most. */
const TTLS_SECONDS = [5, 6, 9]
const BEATING = 60
const STOPPED_MS = 7000
const KILLED_MS = 2500
/** Leases lapse at this pace: so fine is the measure. */
const SILENCED = { everyMs: 20, ttlsSeconds: [1, 2] }
const WARM_UP_MS = 2500
const TAKEN_OVER_WITHIN_MS = 5000
const CAUGHT_UP_WITHIN_MS = 5000

test('when the node that sweeps dies or stands still, another one sweeps, and it does no harm later', {
  timeout: 60_000 + ROUNDS * 20_000,
}, async () => {
  await using cluster = await Cluster.create({ names: ['one', 'two', 'three'] })
  const sweeping = new SweepingNode(cluster)
  for (const node of cluster.nodes) await sweeping.introduce(node)
  await using proxy = await RoundRobinProxy.start(cluster.nodes)
  using client = new PatientClient(proxy.url)
  const silenced = new SilencedAgents(client)
  const fleet = new BeatingFleet(client)
  const expiredBeating: string[] = []
  await using followers = new AsyncDisposableStack()
  const feeds = cluster.nodes.map((node) =>
    followers.use(
      new NodeFollower(node, (event) => {
        silenced.take(event)
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
  const lives = silenced.launchUntil(() => isOver, SILENCED)
  await sleep(WARM_UP_MS)

  /** Of the expiries since a moment, the one that was told the latest. */
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
    proxy.leaveOut(stopped)
    figures.stoppedMs.push(await worstOf(sleep(STOPPED_MS)))
    expect(await sweeping.find()).not.toBe(stopped)
    const { revision } = await (cluster.nodes.find((node) => node !== stopped) ?? stopped).health()
    const feed = feeds.find(({ node }) => node === stopped)
    expect(feed?.revision).toBeLessThan(revision)
    const thawedAt = Date.now()
    stopped.thaw()
    proxy.takeIn(stopped)
    await feed?.reach(revision, CAUGHT_UP_WITHIN_MS)
    figures.caughtUpMs.push(Date.now() - thawedAt)
  }
  isOver = true
  await lives
  await silenced.end(TAKEN_OVER_WITHIN_MS)
  await fleet.stop()

  const revision = await cluster.node(0).quiet()
  await Promise.all(feeds.map((feed) => feed.reach(revision)))
  console.log(
    `${ROUNDS} times each: the node that sweeps killed, expiries at most ` +
      `${Math.max(...figures.killedMs)} ms late; stopped for ${STOPPED_MS} ms, at most ` +
      `${Math.max(...figures.stoppedMs)} ms late, caught up within ` +
      `${Math.max(...figures.caughtUpMs)} ms; all expiries behind their deadlines: ` +
      `${describeDelays(silenced.delaysMs)}; ${fleet.figures.agents} agents beat ` +
      `${fleet.figures.beats} times and none expired; ${revision} transitions told by each`,
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
