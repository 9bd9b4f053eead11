import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder, startRollcall, untilIndexed } from '../processes.ts'
import { FOUND, fillStore, timesOf } from '../queried-fleet.ts'
import { median, type Row } from '../report.ts'

const QUERIES: Readonly<Record<string, { path: string; targetMs: number }>> = {
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
    const samples: Record<string, number[]> = {}
    const note = (name: string, value: number) => {
      samples[name] = [...(samples[name] ?? []), value]
    }
    for (let round = 0; round < rounds; round++) {
      await using subject = await startRollcall({ db })
      note('indexes complete after ready, ms', await untilIndexed(subject.url))
      for (const [name, { path }] of Object.entries(QUERIES)) {
        const { p50, p99 } = await timesOf(`${subject.url}${path}`)
        note(`${name}, p50`, p50)
        note(`${name}, p99`, p99)
      }
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
      ],
    }
  },
}
