// A primary dies and its standby takes over: the nodes find it by themselves.
//
//   ROLLCALL_FAILOVERS   how many in a row, each with servers of its own; 1 by default, full 5
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { expectRefusals, untilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { ReplicatedDatabase } from './support/replicated-database.ts'

const FAILOVERS = Number(process.env.ROLLCALL_FAILOVERS ?? 1)
/** Milliseconds after the promotion. */
const BACK_WITHIN_MS = 5000
/** Milliseconds of traffic before the primary dies, and after its standby has taken over. */
const TRAFFIC_MS = 1500
/** How long there is no primary: longer than the TTL of the fleet. */
const WITHOUT_MS = 4000

test.each(Array.from({ length: FAILOVERS }, (_, index) => index + 1))(
  'failover %i: the primary is killed, its standby promoted, and nodes go on with it',
  {
    timeout: 60_000,
  },
  async () => {
    await using database = await ReplicatedDatabase.launch()
    const { primary, standby } = database
    await using load = await RegistryUnderLoad.start(database.url([primary, standby]))
    await sleep(TRAFFIC_MS)
    await primary.kill()
    const { refusals, slowestMs } = await expectRefusals(load.nodes, WITHOUT_MS)
    const before = load.changes.figures.registrations
    await standby.promote()
    const backMs = await untilServed(load.nodes)
    expect(backMs).toBeLessThan(BACK_WITHIN_MS)
    await sleep(TRAFFIC_MS)
    await load.expectUnbroken()
    expect(load.changes.figures.registrations).toBeGreaterThan(before)
    expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
    console.log(
      `failover: ${refusals} refusals without a primary, the slowest after ${slowestMs} ms; ` +
        `everything served ${backMs} ms after the promotion; ${load.story}`,
    )
  },
)

test('a standby alone is refused; as the first of the URL it is passed over, until its promotion', async () => {
  await using database = await ReplicatedDatabase.launch()
  const { primary, standby } = database
  expect(await refusal(database.url([standby]))).toMatch(/^rollcall: .*a standby.*\n$/)
  const url = database.url([standby, primary])
  await using load = await RegistryUnderLoad.start(url, { agents: 10, workers: 4 })
  expect(await untilServed(load.nodes)).toBeLessThan(BACK_WITHIN_MS)
  await primary.kill()
  await standby.promote()
  const backMs = await untilServed(load.nodes)
  expect(backMs).toBeLessThan(BACK_WITHIN_MS)
  await load.expectUnbroken()
  console.log(`standby first: everything served ${backMs} ms after the promotion; ${load.story}`)
})

/** What a node says that finds no primary. */
async function refusal(db: string): Promise<string> {
  using folder = new TemporaryFolder()
  const words = ['serve', '--port', '0', '--log-level', 'debug', '--db', db]
  const { code, stdout, stderr } = await runRollcall(words, { cwd: folder.path })
  expect(code).toBe(1)
  expect(stdout + stderr).not.toContain(new URL(db).password)
  return stderr
}
