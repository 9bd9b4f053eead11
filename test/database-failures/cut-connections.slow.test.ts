// The connections to PostgreSQL are cut repeatedly: usually some of them, now and then all.
//
//   ROLLCALL_CUT_SECONDS   how long; default 8, full run 60
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { waitUntilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad, revisionOf } from './support/registry-under-load.ts'

const CUTTING_MS = Number(process.env.ROLLCALL_CUT_SECONDS ?? 8) * 1000
/** Maximum milliseconds between two cuts. */
const PAUSE_MS = 500
/** Share of the connections to cut, unless all are cut. */
const SHARE = 0.3
/** Changes made on one node whose delivery by the other is timed. */
const MEASURED_CHANGES = 10
/** Without notifications the mean is 500 ms, half of the poll interval. */
const MAX_MEAN_LATENCY_MS = 300

test('randomly cut connections cause no unexpected response, no expiry and no lost change', {
  timeout: 60_000 + CUTTING_MS,
}, async () => {
  await using postgres = await PostgresServer.launch({ isInMemory: true })
  await using load = await RegistryUnderLoad.start(await postgres.createDatabase())
  const cut = await cutAtRandom(postgres)
  await waitUntilServed(load.nodes)
  await load.expectConsistent()
  expect(cut).toBeGreaterThan(CUTTING_MS / 1000)
  expect(load.fleet.counts.expected).toBeGreaterThan(load.fleet.counts.rejected)
  expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
  const latencies = await propagationLatencies(load)
  const meanMs = latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length
  expect(meanMs, `of ${latencies.join(', ')} ms`).toBeLessThan(MAX_MEAN_LATENCY_MS)
  console.log(
    `${cut} connections cut in ${CUTTING_MS} ms: ${load.summary}; afterwards changes of one node reached the ` +
      `other after ${latencies.join(', ')} ms`,
  )
})

/** Returns the number of connections cut. */
async function cutAtRandom(postgres: PostgresServer): Promise<number> {
  const some = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND random() < $1`
  let cut = 0
  for (const until = performance.now() + CUTTING_MS; performance.now() < until; ) {
    const isAll = Math.random() < 0.2
    cut += isAll
      ? await postgres.terminateConnections()
      : (await postgres.query(some, [SHARE])).length
    await sleep(Math.random() * PAUSE_MS)
  }
  return cut
}

/** Milliseconds between an acknowledgement of the first node and the event of the second. */
async function propagationLatencies({ nodes, followers }: RegistryUnderLoad): Promise<number[]> {
  const [http] = nodes.clients
  const other = followers[1]
  if (http === undefined || other === undefined) throw new Error('two nodes are needed')
  // The longest that a node may take to listen for notifications again.
  await sleep(1500)
  const latencies: number[] = []
  for (let index = 0; index < MEASURED_CHANGES; index++) {
    await sleep(Math.random() * 100)
    await http.send('POST', '/agents/register', registration(`news-${index}`))
    const acknowledgedAt = performance.now()
    await other.reached(await revisionOf(http))
    latencies.push(Math.round(performance.now() - acknowledgedAt))
  }
  return latencies
}
