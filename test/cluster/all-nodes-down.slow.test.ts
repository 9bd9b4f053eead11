// All nodes are killed and restart after every lease would have lapsed: heartbeats had no node to
// reach.
import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { Cluster } from './support/cluster.ts'
import { type Deadlines, deadlinesOf, registerAll, watchExpiries } from './support/deadlines.ts'

const GRACE_SECONDS = 3
/**
 * Seconds. When all nodes are killed, the short leases have less than the grace left, the long ones
 * more.
 */
const TTLS = { short: 5, long: 8 }
const LIVED_MS = 2300
/** Longer than the longest TTL. */
const DOWN_MS = 9000
const AGENTS = 20
/** A node records its liveness twenty times a second; the rest is slack for a busy machine. */
const TOLERANCE_MS = 400
/** Tens of milliseconds on an idle machine. */
const EXPIRED_WITHIN_MS = 5000

const ids = (kind: string): string[] => Array.from({ length: AGENTS }, (_, i) => `${kind}:${i}`)

test('an outage of all nodes that outlasts the TTLs expires no agent that was alive', async () => {
  await using cluster = await Cluster.start({
    names: ['one', 'two', 'three'],
    args: ['--restart-grace', `${GRACE_SECONDS}`],
  })
  const [one, two, three] = [cluster.node(0), cluster.node(1), cluster.node(2)]
  const before = new Map([
    ...(await registerAll(one, ids('short'), TTLS.short)),
    ...(await registerAll(two, ids('long'), TTLS.long)),
  ])
  const expiredBefore = await registerAll(three, ids('lapsed'), 1)
  await sleep(LIVED_MS)
  const aliveAtKill = deadlinesOf(await one.agents())
  expect([...aliveAtKill.keys()].sort()).toEqual([...before.keys()].sort())
  const killedAt = Date.now()
  await Promise.all(cluster.nodes.map((node) => node.kill()))
  await sleep(DOWN_MS)

  const startedAt = Date.now()
  await Promise.all(cluster.nodes.map((node) => node.start()))
  const readyAt = Date.now()
  const lists = await Promise.all(cluster.nodes.map((node) => node.agents()))
  for (const list of lists)
    expect(list.map(({ agent_id }) => agent_id)).toEqual([...aliveAtKill.keys()])
  const after = deadlinesOf(lists[0] ?? [])
  for (const list of lists) expect(deadlinesOf(list)).toEqual(after)
  expectRemainingTime({ aliveAtKill, after, killedAt, startedAt, readyAt })
  const expiredAfter = (await one.agents('?include_dead=true')).filter(({ is_alive }) => !is_alive)
  expect(expiredAfter.map(({ agent_id }) => agent_id).sort()).toEqual(
    [...expiredBefore.keys()].sort(),
  )

  // Half of the agents send heartbeats again.
  const resumed = [...after.keys()].filter((_, index) => index % 2 === 0)
  const silent = new Map([...after].filter(([agentId]) => !resumed.includes(agentId)))
  const end = Math.max(...silent.values()) + EXPIRED_WITHIN_MS
  const beating = beatUntil(cluster, resumed, end)
  const errors = [...(await watchExpiries(two, silent, end)).values()]
  const alive = (await three.agents()).map(({ agent_id }) => agent_id)
  await beating
  expect(alive).toEqual(resumed)
  expect(Math.min(0, ...errors)).toBe(0)
  expect(Math.max(0, ...errors)).toBeLessThan(TOLERANCE_MS)
  const expired = (await one.history()).filter(({ type }) => type === 'expired')
  expect(expired.map(({ agent_id }) => agent_id).sort()).toEqual(
    [...expiredBefore.keys(), ...silent.keys()].sort(),
  )
  const delaysMs = expired.flatMap(({ agent_id, at }) => {
    const deadline = silent.get(agent_id)
    return deadline === undefined ? [] : [Date.parse(at) - deadline]
  })
  expect(Math.min(...delaysMs)).toBeGreaterThanOrEqual(0)
  expect(Math.max(...delaysMs)).toBeLessThan(EXPIRED_WITHIN_MS)
  console.log(
    `all nodes down for ${DOWN_MS} ms: ${after.size} agents with TTLs of ${TTLS.short} and ` +
      `${TTLS.long} s alive before and after; ${silent.size} of them stayed silent and expired at ` +
      `most ${Math.max(...delaysMs)} ms behind their deadlines; ${resumed.length} sent heartbeats and did not`,
  )
})

/**
 * Expects each lease to keep its remaining time, or the grace if that is longer; downtime does not
 * count.
 */
function expectRemainingTime(times: {
  readonly aliveAtKill: Deadlines
  readonly after: Deadlines
  readonly killedAt: number
  readonly startedAt: number
  readonly readyAt: number
}): void {
  for (const [agentId, deadline] of times.after) {
    const leftMs = (times.aliveAtKill.get(agentId) ?? 0) - times.killedAt
    const graceMs = GRACE_SECONDS * 1000
    expect(deadline).toBeGreaterThan(times.startedAt + Math.max(leftMs, graceMs) - TOLERANCE_MS)
    expect(deadline).toBeLessThan(times.readyAt + Math.max(leftMs, graceMs) + TOLERANCE_MS)
  }
}

async function beatUntil(cluster: Cluster, agentIds: readonly string[], end: number) {
  for (let turn = 0; Date.now() < end; turn++) {
    const { http } = cluster.node(turn % cluster.nodes.length)
    const body = { agent_ids: agentIds }
    const response = await http.send<HeartbeatBatchReceipt>('POST', '/agents/heartbeats', body)
    expect(response.body.unknown).toEqual([])
    await sleep(500)
  }
}
