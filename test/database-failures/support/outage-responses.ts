import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { DATABASE_CALLS, LIVENESS } from './database-calls.ts'
import type { RegistryNodes } from './registry-nodes.ts'
import { AnswerTally, isProperRefusal } from './response-counts.ts'

/** Milliseconds between two rounds of all calls. */
const PAUSE_MS = 200
/** Milliseconds that readiness may be behind: what it says is asked of the database once a second. */
const READINESS_AGE_MS = 2000

/**
 * Makes every call to every node, again and again for a while in which there is no database, and
 * expects what there should be: 503 with `Retry-After`, readiness that names the check that fails,
 * liveness. Gives how many answers that were, and the slowest.
 */
export async function expectRefusals(
  nodes: RegistryNodes,
  forMs: number,
): Promise<{ refusals: number; slowestMs: number }> {
  const tally = new AnswerTally()
  const began = performance.now()
  const until = began + forMs
  while (performance.now() < until) {
    const isEarly = performance.now() - began < READINESS_AGE_MS
    await Promise.all(
      nodes.clients.flatMap((http) => [
        tally.judge(
          'liveness',
          () => LIVENESS.send(http),
          ({ status }) => status === 200,
        ),
        ...DATABASE_CALLS.map(({ name, send }) =>
          tally.judge(
            name,
            () => send(http),
            (answer) => {
              if (name !== 'readiness') return isProperRefusal(answer)
              if (isEarly && answer.status === 200) return true
              const isNamed = /check "storage" fails/.test(answer.body.detail ?? '')
              return isProperRefusal(answer) && isNamed
            },
          ),
        ),
      ]),
    )
    await sleep(PAUSE_MS)
  }
  nodes.expectUnharmed()
  expect(tally.faults).toEqual([])
  // Only a readiness that does not say which check fails would be a refusal like any other.
  expect(tally.refused).toBe(0)
  return { refusals: tally.fine, slowestMs: Math.round(tally.slowestMs) }
}

/** Resolves when every call to every node is answered with 200. Gives the milliseconds. */
export async function untilServed(nodes: RegistryNodes, withinMs = 30_000): Promise<number> {
  const beganAt = performance.now()
  for (;;) {
    const missing = await missingAnswers(nodes)
    const tookMs = Math.round(performance.now() - beganAt)
    if (missing.length === 0) return tookMs
    if (tookMs > withinMs) throw new Error(`after ${tookMs} ms: ${missing.join('; ')}`)
    await sleep(20)
  }
}

async function missingAnswers(nodes: RegistryNodes): Promise<string[]> {
  const asked = nodes.clients.flatMap((http) =>
    DATABASE_CALLS.map(async ({ name, send }) => {
      const { status, body } = await send(http)
      return status === 200 ? [] : [`${name}: ${status} ${body.detail}`]
    }),
  )
  return (await Promise.all(asked)).flat()
}
