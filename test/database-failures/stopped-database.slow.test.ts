// PostgreSQL is stopped for a while, in good order or by kill -9, and comes back.
//
//   ROLLCALL_OUTAGE_SECONDS   how long it is away; 4 by default. The full run is 30.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { expectRefusals, untilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { SilentAgents } from './support/silent-agents.ts'

const OUTAGE_MS = Number(process.env.ROLLCALL_OUTAGE_SECONDS ?? 4) * 1000
/** Within which everything works again. */
const BACK_WITHIN_MS = 5000
/** Shorter than the outage, so that no lease outlives it by itself. */
const TTL_SECONDS = 3
/** Traffic before the outage and after it. */
const TRAFFIC_MS = 1000
/**
 * The outage seems longer to leases: until a node looks again, a second after it was refused, and
 * from the last sign of life that reached the disk.
 */
const OVERESTIMATE_MS = 2500

test.each([
  { way: 'stopped', leave: (postgres: PostgresServer) => postgres.stop('fast') },
  { way: 'killed', leave: (postgres: PostgresServer) => postgres.kill() },
])(
  'PostgreSQL is $way and comes back: nobody expires, nothing is lost',
  {
    timeout: 60_000 + 2 * OUTAGE_MS,
  },
  async ({ way, leave }) => {
    await using postgres = await PostgresServer.launch()
    await using load = await RegistryUnderLoad.start(await postgres.createDatabase())
    const { nodes, feed } = load
    await sleep(TRAFFIC_MS)
    const silent = await SilentAgents.register(nodes, { agents: 10, ttlSeconds: TTL_SECONDS })
    const [before, leftAt] = [load.changes.figures.registrations, performance.now()]
    await leave(postgres)
    const { refusals, slowestMs } = await expectRefusals(nodes, OUTAGE_MS)
    await postgres.start()
    const awayMs = performance.now() - leftAt
    const backMs = await untilServed(nodes)
    expect(backMs).toBeLessThan(BACK_WITHIN_MS)
    await sleep(TRAFFIC_MS)

    const { least, most } = await silent.extensions(feed, (TTL_SECONDS + 5) * 1000)
    expect(least).toBeGreaterThan(awayMs - 200)
    expect(most).toBeLessThan(awayMs + OVERESTIMATE_MS)
    await load.expectUnbroken()
    expect(load.changes.figures.registrations).toBeGreaterThan(before)
    expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
    console.log(
      `PostgreSQL ${way}, away ${Math.round(awayMs)} ms: ${refusals} refusals as they should be, the ` +
        `slowest after ${slowestMs} ms; everything served ${backMs} ms after its return; leases ` +
        `extended by ${least} to ${most} ms; ${load.story}`,
    )
  },
)
