// PostgreSQL is frozen (SIGSTOP to all of its processes): connections stay open without responses.
//
//   ROLLCALL_FREEZE_SECONDS   how long requests are sent to it; default 1 (some 20 s in total, as
//                             each request gets its response), full run 30
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { DATABASE_REQUESTS, LIVENESS } from './support/database-requests.ts'
import { waitUntilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { ResponseCounts } from './support/response-counts.ts'

const FREEZE_MS = Number(process.env.ROLLCALL_FREEZE_SECONDS ?? 1) * 1000
/**
 * Upper bound for any response: five seconds each to connect and to run a statement, and the same
 * again for those queued ahead.
 */
const BOUND_MS = 20_000
/** Milliseconds after the thaw: a lost connection attempt takes five seconds. */
const RECOVERED_WITHIN_MS = 10_000
const TRAFFIC_MS = 1500

test('while PostgreSQL is frozen, requests fail in bounded time, and afterwards no agent has expired', {
  timeout: 120_000 + 2 * FREEZE_MS,
}, async () => {
  await using postgres = await PostgresServer.launch({ isInMemory: true })
  await using load = await RegistryUnderLoad.start(await postgres.createDatabase())
  await sleep(TRAFFIC_MS)
  postgres.freeze()
  const frozenAt = performance.now()
  const responses = await responsesWhileFrozen(load, frozenAt + FREEZE_MS)
  postgres.thaw()
  const frozenMs = Math.round(performance.now() - frozenAt)
  const recoveryMs = await waitUntilServed(load.nodes)
  expect(recoveryMs).toBeLessThan(RECOVERED_WITHIN_MS)
  await sleep(TRAFFIC_MS)
  await load.expectConsistent()
  expect(load.fleet.counts.slowestMs).toBeLessThan(BOUND_MS)
  expect(load.changes.counts.slowestMs).toBeLessThan(BOUND_MS)
  expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
  console.log(
    `PostgreSQL frozen for ${frozenMs} ms: ${responses}; everything served ${recoveryMs} ms after the ` +
      `thaw; ${load.summary}`,
  )
})

/**
 * Sends every request to every node once a second, and expects each to be rejected in time. Returns
 * a summary: responses of each kind and the slowest one.
 */
async function responsesWhileFrozen({ nodes }: RegistryUnderLoad, until: number): Promise<string> {
  const calls = [...DATABASE_REQUESTS, LIVENESS].map((request) => ({
    ...request,
    counts: new ResponseCounts(),
  }))
  const requests: Promise<unknown>[] = []
  while (performance.now() < until) {
    for (const { name, send, counts } of calls) {
      for (const http of nodes.clients) requests.push(counts.record(name, () => send(http)))
    }
    await sleep(1000)
  }
  await Promise.all(requests)
  for (const { name, counts } of calls) {
    expect(counts.failures).toEqual([])
    expect(counts.slowestMs, name).toBeLessThan(name === LIVENESS.name ? 1000 : BOUND_MS)
    // Readiness may report the previous result for a second.
    if (name === 'readiness') expect(counts.expected).toBeLessThanOrEqual(nodes.clients.length)
    else
      expect(counts.expected, name).toBe(
        name === LIVENESS.name ? requests.length / calls.length : 0,
      )
  }
  return calls
    .map(
      ({ name, counts }) =>
        `${name} ${counts.rejected} × 503 in ${Math.round(counts.slowestMs)} ms`,
    )
    .join(', ')
}
