// A primary is killed and its standby is promoted: the nodes reconnect to the new primary.
//
//   ROLLCALL_FAILOVERS   number of failovers, each with its own servers; default 1, full run 5
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { expectUnavailable, waitUntilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { ReplicatedDatabase } from './support/replicated-database.ts'

const FAILOVERS = Number(process.env.ROLLCALL_FAILOVERS ?? 1)
/** Milliseconds after the promotion. */
const RECOVERED_WITHIN_MS = 5000
/** Milliseconds of traffic before the primary is killed, and after its standby is promoted. */
const TRAFFIC_MS = 1500
/** Duration without a primary: longer than the TTL of the fleet. */
const OUTAGE_MS = 4000

test.each(Array.from({ length: FAILOVERS }, (_, index) => index + 1))(
  'failover %i: the primary is killed, its standby promoted, and the nodes recover',
  {
    timeout: 60_000,
  },
  async () => {
    await using database = await ReplicatedDatabase.launch()
    const { primary, standby } = database
    await using load = await RegistryUnderLoad.start(database.url([primary, standby]))
    await sleep(TRAFFIC_MS)
    await primary.kill()
    const { rejections, slowestMs } = await expectUnavailable(load.nodes, OUTAGE_MS)
    const before = load.changes.figures.registrations
    await standby.promote()
    const recoveryMs = await waitUntilServed(load.nodes)
    expect(recoveryMs).toBeLessThan(RECOVERED_WITHIN_MS)
    await sleep(TRAFFIC_MS)
    await load.expectConsistent()
    expect(load.changes.figures.registrations).toBeGreaterThan(before)
    expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
    console.log(
      `failover: ${rejections} rejections without a primary, the slowest after ${slowestMs} ms; ` +
        `everything served ${recoveryMs} ms after the promotion; ${load.summary}`,
    )
  },
)

test('a lone standby is rejected; listed first in the URL it is skipped until its promotion', async () => {
  await using database = await ReplicatedDatabase.launch()
  const { primary, standby } = database
  expect(await startupError(database.url([standby]))).toMatch(/^rollcall: .*a standby.*\n$/)
  const url = database.url([standby, primary])
  await using load = await RegistryUnderLoad.start(url, { agents: 10, workers: 4 })
  expect(await waitUntilServed(load.nodes)).toBeLessThan(RECOVERED_WITHIN_MS)
  await primary.kill()
  await standby.promote()
  const recoveryMs = await waitUntilServed(load.nodes)
  expect(recoveryMs).toBeLessThan(RECOVERED_WITHIN_MS)
  await load.expectConsistent()
  console.log(
    `standby first: everything served ${recoveryMs} ms after the promotion; ${load.summary}`,
  )
})

/** Returns the error of a node that finds no primary. */
async function startupError(db: string): Promise<string> {
  using folder = new TemporaryFolder()
  const words = ['serve', '--port', '0', '--log-level', 'debug', '--db', db]
  const { code, stdout, stderr } = await runRollcall(words, { cwd: folder.path })
  expect(code).toBe(1)
  expect(stdout + stderr).not.toContain(new URL(db).password)
  return stderr
}
