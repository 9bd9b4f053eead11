// PostgreSQL is stopped for a while, by a shutdown or by SIGKILL, and restarted.
//
//   ROLLCALL_OUTAGE_SECONDS   duration of the outage; default 4, full run 30
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { expectUnavailable, waitUntilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { SilentAgents } from './support/silent-agents.ts'

const OUTAGE_MS = Number(process.env.ROLLCALL_OUTAGE_SECONDS ?? 4) * 1000
/** Upper bound until everything works again. */
const RECOVERED_WITHIN_MS = 5000
/** Shorter than the outage, so every lease would lapse unless extended. */
const TTL_SECONDS = 3
/** Traffic before and after the outage. */
const TRAFFIC_MS = 1000
/**
 * The outage seems longer to leases: it counts from the last heartbeat on disk until a node
 * retries, up to a second after a failure.
 */
const OVERESTIMATE_MS = 2500

test.each([
  { way: 'stopped', stop: (postgres: PostgresServer) => postgres.stop('fast') },
  { way: 'killed', stop: (postgres: PostgresServer) => postgres.kill() },
])(
  'PostgreSQL is $way and restarted: no agent expires, no change is lost',
  {
    timeout: 60_000 + 2 * OUTAGE_MS,
  },
  async ({ way, stop }) => {
    await using postgres = await PostgresServer.launch()
    await using load = await RegistryUnderLoad.start(await postgres.createDatabase())
    const { nodes, feed } = load
    await sleep(TRAFFIC_MS)
    const silent = await SilentAgents.register(nodes, { agents: 10, ttlSeconds: TTL_SECONDS })
    const [before, stoppedAt] = [load.changes.figures.registrations, performance.now()]
    await stop(postgres)
    const { rejections, slowestMs } = await expectUnavailable(nodes, OUTAGE_MS)
    await postgres.start()
    const outageMs = performance.now() - stoppedAt
    const recoveryMs = await waitUntilServed(nodes)
    expect(recoveryMs).toBeLessThan(RECOVERED_WITHIN_MS)
    await sleep(TRAFFIC_MS)

    const { least, most } = await silent.extensions(feed, (TTL_SECONDS + 5) * 1000)
    expect(least).toBeGreaterThan(outageMs - 200)
    expect(most).toBeLessThan(outageMs + OVERESTIMATE_MS)
    await load.expectConsistent()
    expect(load.changes.figures.registrations).toBeGreaterThan(before)
    expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
    console.log(
      `PostgreSQL ${way}, unreachable for ${Math.round(outageMs)} ms: ${rejections} expected rejections, the ` +
        `slowest after ${slowestMs} ms; everything served ${recoveryMs} ms after its restart; leases ` +
        `extended by ${least} to ${most} ms; ${load.summary}`,
    )
  },
)
