// A fleet of two nodes falls silent: both show the same brake, and it survives the node that sweeps.
//
//   ROLLCALL_SILENT_AGENTS   size of the fleet; default 10 000
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { FaultyProxy } from '../e2e/support/faulty-proxy.ts'
import { HeartbeatLoader } from '../e2e/support/heartbeat-loader.ts'
import {
  brakeOf,
  countByType,
  FLEET_SIZE,
  historyOf,
  listedIds,
  PATIENT,
  TTL_SECONDS,
  untilAllAreSilent,
  untilHealthy,
} from '../e2e/support/silent-fleet.ts'
import { Cluster } from './support/cluster.ts'
import type { ClusterNode } from './support/cluster-node.ts'
import { SweepingNode } from './support/sweeping-node.ts'

test('two nodes hold back the expiry of a silent fleet together, and go on when the sweeping one is killed', async () => {
  await using cluster = await Cluster.create({ names: ['one', 'two'] })
  const sweeping = new SweepingNode(cluster)
  for (const node of cluster.nodes) await sweeping.introduce(node)
  await using toOne = await FaultyProxy.withoutFaults(cluster.node(0).url)
  await using toTwo = await FaultyProxy.withoutFaults(cluster.node(1).url)
  const urls = [toOne.url, toTwo.url]
  await using fleet = await HeartbeatLoader.start({
    urls,
    size: FLEET_SIZE,
    ttlSeconds: TTL_SECONDS,
  })
  const before = await untilHealthy(cluster.node(0).http)

  await Promise.all([toOne.stop(), toTwo.stop()])
  const cutFor = sleep(3 * TTL_SECONDS * 1000)
  const [one, two] = await Promise.all(cluster.nodes.map(({ http }) => brakeOf(http)))
  expect(one?.reason).toBe(two?.reason)
  const storedBrake = () => cluster.query('SELECT since, ends_at FROM rollcall.brake')
  const brake = await storedBrake()
  const killed = await sweeping.find()
  await killed.kill()
  const left = cluster.nodes.find((node) => node !== killed) as ClusterNode
  await cutFor
  await untilAllAreSilent(left.http, { since: before })
  await expect.poll(() => sweeping.find(), PATIENT).toBe(left)
  expect((await brakeOf(left.http)).reason).toBe(one?.reason)
  expect(await storedBrake()).toEqual(brake)
  expect((await listedIds(left.http)).length).toBeGreaterThan(0.9 * FLEET_SIZE)
  expect(await listedIds(left.http, '?status=ready')).toEqual([])

  await sweeping.introduce(killed)
  await Promise.all([toOne.restart(), toTwo.restart()])
  await fleet.round()
  for (const { http } of cluster.nodes) {
    expect(await listedIds(http, '?status=ready')).toHaveLength(FLEET_SIZE)
  }
  const { expired = 0 } = countByType(await historyOf(left.http, before))
  expect(expired).toBeLessThan(0.1 * FLEET_SIZE)
})
