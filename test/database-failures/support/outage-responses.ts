import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { DATABASE_REQUESTS, LIVENESS } from './database-requests.ts'
import type { RegistryNodes } from './registry-nodes.ts'
import { isUnavailable, ResponseCounts } from './response-counts.ts'

/** Milliseconds between two rounds of requests. */
const PAUSE_MS = 200
/** Milliseconds by which readiness may lag: it checks the database once a second. */
const READINESS_AGE_MS = 2000

/**
 * Sends every request to every node repeatedly during an outage. Expects a 503 with `Retry-After`,
 * readiness that names the failing check, and liveness. Returns the number of responses and the
 * slowest.
 */
export async function expectUnavailable(
  nodes: RegistryNodes,
  forMs: number,
): Promise<{ rejections: number; slowestMs: number }> {
  const counts = new ResponseCounts()
  const began = performance.now()
  const until = began + forMs
  while (performance.now() < until) {
    const isEarly = performance.now() - began < READINESS_AGE_MS
    await Promise.all(
      nodes.clients.flatMap((http) => [
        counts.record(
          'liveness',
          () => LIVENESS.send(http),
          ({ status }) => status === 200,
        ),
        ...DATABASE_REQUESTS.map(({ name, send }) =>
          counts.record(
            name,
            () => send(http),
            (response) => {
              if (name !== 'readiness') return isUnavailable(response)
              if (isEarly && response.status === 200) return true
              const isNamed = /check "storage" failed/.test(response.body.detail ?? '')
              return isUnavailable(response) && isNamed
            },
          ),
        ),
      ]),
    )
    await sleep(PAUSE_MS)
  }
  nodes.expectHealthy()
  expect(counts.failures).toEqual([])
  // Only a readiness response that does not name the failing check counts as a plain 503.
  expect(counts.rejected).toBe(0)
  return { rejections: counts.expected, slowestMs: Math.round(counts.slowestMs) }
}

/** Resolves once every request to every node returns 200, with the milliseconds that took. */
export async function waitUntilServed(nodes: RegistryNodes, withinMs = 30_000): Promise<number> {
  const beganAt = performance.now()
  for (;;) {
    const failed = await failedRequests(nodes)
    const tookMs = Math.round(performance.now() - beganAt)
    if (failed.length === 0) return tookMs
    if (tookMs > withinMs) throw new Error(`after ${tookMs} ms: ${failed.join('; ')}`)
    await sleep(20)
  }
}

async function failedRequests(nodes: RegistryNodes): Promise<string[]> {
  const requests = nodes.clients.flatMap((http) =>
    DATABASE_REQUESTS.map(async ({ name, send }) => {
      const { status, body } = await send(http)
      return status === 200 ? [] : [`${name}: ${status} ${body.detail}`]
    }),
  )
  return (await Promise.all(requests)).flat()
}
