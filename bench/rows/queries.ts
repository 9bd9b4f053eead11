import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder, startRollcall, untilIndexed } from '../processes.ts'
import { FOUND, fillStore, REQUESTS, timesOf, warmUp } from '../queried-fleet.ts'
import { median, type Row } from '../report.ts'

/**
 * Requests of each query before it is measured: between the 16 000th and the 20 000th request of a
 * registry, V8 still compiled 70 functions.
 */
const WARM_UP = 5000

export const QUERIES: Readonly<Record<string, { path: string; targetMs: number }>> = {
  capability: { path: '/agents?capability=translate', targetMs: 1 },
  metadata: { path: '/agents?metadata.region=mars', targetMs: 1 },
  name: { path: '/agents?name=Rare*', targetMs: 1 },
  q: { path: '/agents?q=transl%20rare', targetMs: 5 },
}

export const queries: Row = {
  name: 'queries',
  title: `Queries that find ${FOUND} of a million agents (at full size): response time`,
  async run({ rounds, million }) {
    const folder = newFolder()
    const db = `sqlite:///${join(folder, 'fleet.db')}`
    await fillStore(db, million)
    const warmUpRequests = Math.min(WARM_UP, million / 200)
    const samples: Record<string, number[]> = {}
    const note = (name: string, value: number) => {
      samples[name] = [...(samples[name] ?? []), value]
    }
    for (let round = 0; round < rounds; round++) {
      await using subject = await startRollcall({ db })
      note('indexes complete after ready, ms', await untilIndexed(subject.url))
      const entries = Object.entries(QUERIES).map(
        ([name, { path }]) => [name, `${subject.url}${path}`] as const,
      )
      for (const [name, url] of entries) {
        note(`${name}, first ${REQUESTS} requests, p50`, (await timesOf(url)).p50)
      }
      for (const [, url] of entries) await warmUp(url, warmUpRequests)
      for (const [name, url] of entries) {
        const { p50, p99 } = await timesOf(url)
        note(`${name}, p50`, p50)
        note(`${name}, p99`, p99)
      }
      await warmUp(`${subject.url}/health`, warmUpRequests, 0)
      note('health, p50', (await timesOf(`${subject.url}/health`, 0)).p50)
    }
    rmSync(folder, { recursive: true })
    return {
      unit: 'ms',
      samples,
      verdicts: Object.entries(QUERIES).map(([name, { targetMs }]) => ({
        what: `${name}, p50`,
        value: median(samples[`${name}, p50`] ?? []),
        unit: 'ms',
        target: targetMs,
        good: 'at most',
      })),
      notes: [
        `${million.toLocaleString('en-US')} agents; sequential requests of a client on the same machine, ` +
          'including HTTP and the round trip; `health` is the baseline',
        `p50 and p99 after ${warmUpRequests} requests of each query, and before these the first ` +
          `${REQUESTS} of each after the start, while most code is not compiled`,
      ],
    }
  },
}
