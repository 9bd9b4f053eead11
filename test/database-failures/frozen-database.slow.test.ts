// PostgreSQL stands still (SIGSTOP of all of its processes): connections stay open, and nobody
// answers on them.
//
//   ROLLCALL_FREEZE_SECONDS   how long calls are made to it, each of which then gets its answer;
//                             1 by default, which makes some 20 s. The full run is 30.
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { DATABASE_CALLS, LIVENESS } from './support/database-calls.ts'
import { untilServed } from './support/outage-responses.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { AnswerTally } from './support/response-counts.ts'

const FREEZE_MS = Number(process.env.ROLLCALL_FREEZE_SECONDS ?? 1) * 1000
/**
 * Nobody waits longer for an answer, whatever it is: five seconds each for a connection and for a
 * statement, and as much for those whose turn is before.
 */
const BOUND_MS = 20_000
/** Milliseconds after the thaw: an attempt to connect that was lost takes five seconds. */
const BACK_WITHIN_MS = 10_000
const TRAFFIC_MS = 1500

test('PostgreSQL is frozen and thawed: calls are refused in bounded time, and nobody expires', {
  timeout: 120_000 + 2 * FREEZE_MS,
}, async () => {
  await using postgres = await PostgresServer.launch({ isInMemory: true })
  await using load = await RegistryUnderLoad.start(await postgres.createDatabase())
  await sleep(TRAFFIC_MS)
  postgres.freeze()
  const frozenAt = performance.now()
  const answers = await answersWhileFrozen(load, frozenAt + FREEZE_MS)
  postgres.thaw()
  const frozenMs = Math.round(performance.now() - frozenAt)
  const backMs = await untilServed(load.nodes)
  expect(backMs).toBeLessThan(BACK_WITHIN_MS)
  await sleep(TRAFFIC_MS)
  await load.expectUnbroken()
  expect(load.fleet.tally.slowestMs).toBeLessThan(BOUND_MS)
  expect(load.changes.tally.slowestMs).toBeLessThan(BOUND_MS)
  expect(load.followers.flatMap(({ ends }) => ends)).toEqual([])
  console.log(
    `PostgreSQL frozen for ${frozenMs} ms: ${answers}; everything served ${backMs} ms after the ` +
      `thaw; ${load.story}`,
  )
})

/**
 * Makes every call to every node once a second, and expects that each is refused in time. Gives
 * how many there were of each kind, and how long one of them waited at the most.
 */
async function answersWhileFrozen({ nodes }: RegistryUnderLoad, until: number): Promise<string> {
  const calls = [...DATABASE_CALLS, LIVENESS].map((call) => ({ ...call, tally: new AnswerTally() }))
  const asked: Promise<unknown>[] = []
  while (performance.now() < until) {
    for (const { name, send, tally } of calls) {
      for (const http of nodes.clients) asked.push(tally.judge(name, () => send(http)))
    }
    await sleep(1000)
  }
  await Promise.all(asked)
  for (const { name, tally } of calls) {
    expect(tally.faults).toEqual([])
    expect(tally.slowestMs, name).toBeLessThan(name === LIVENESS.name ? 1000 : BOUND_MS)
    // Readiness may still know for a second that all was well.
    if (name === 'readiness') expect(tally.fine).toBeLessThanOrEqual(nodes.clients.length)
    else expect(tally.fine, name).toBe(name === LIVENESS.name ? asked.length / calls.length : 0)
  }
  return calls
    .map(({ name, tally }) => `${name} ${tally.refused} × 503 in ${Math.round(tally.slowestMs)} ms`)
    .join(', ')
}
