// The connections to PostgreSQL are cut again and again: some of them, now and then all.
//
//   ROLLCALL_CUT_SECONDS   for how long; 8 by default. The full run is 60.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { untilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad, revisionOf } from './support/registry-under-load.ts'

const CUTTING_MS = Number(process.env.ROLLCALL_CUT_SECONDS ?? 8) * 1000
/** Milliseconds between two cuts, at the most. */
const PAUSE_MS = 500
/** Of the connections, at each cut that does not break all. */
const SHARE = 0.3
/** Changes made to one node, after which the other is asked when it heard of them. */
const NEWS = 10
/** On average; without notifications it is half of the second between two looks. */
const HEARD_WITHIN_MS = 300

test('connections are cut at random: no wrong answer, nobody expires, nothing is lost', {
  timeout: 60_000 + CUTTING_MS,
}, async () => {
  await using postgres = await PostgresServer.launch({ isInMemory: true })
  await using load = await RegistryUnderLoad.start(await postgres.createDatabase())
  const cut = await cutAtRandom(postgres)
  await untilServed(load.nodes)
  await load.expectUnbroken()
  expect(cut).toBeGreaterThan(CUTTING_MS / 1000)
  expect(load.fleet.tally.fine).toBeGreaterThan(load.fleet.tally.refused)
  expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
  const latencies = await newsLatencies(load)
  const meanMs = latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length
  expect(meanMs, `of ${latencies.join(', ')} ms`).toBeLessThan(HEARD_WITHIN_MS)
  console.log(
    `${cut} connections cut in ${CUTTING_MS} ms: ${load.story}; afterwards one node heard of the ` +
      `changes of the other after ${latencies.join(', ')} ms`,
  )
})

/** Gives how many connections were cut. */
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

/** Milliseconds until the second node has told of what the first has acknowledged. */
async function newsLatencies({ nodes, followers }: RegistryUnderLoad): Promise<number[]> {
  const [http] = nodes.clients
  const other = followers[1]
  if (http === undefined || other === undefined) throw new Error('two nodes are needed')
  // As long as it may take until the node listens again.
  await sleep(1500)
  const latencies: number[] = []
  for (let index = 0; index < NEWS; index++) {
    await sleep(Math.random() * 100)
    await http.send('POST', '/agents/register', registration(`news-${index}`))
    const acknowledgedAt = performance.now()
    await other.heardOf(await revisionOf(http))
    latencies.push(Math.round(performance.now() - acknowledgedAt))
  }
  return latencies
}
