import { contest } from '../contest.ts'
import { batches, fill } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

const BATCH = 1000

export const heartbeatBatches: Row = {
  name: 'batches',
  title: 'Heartbeats in batches of 1000, 8 connections',
  async run({ rounds, seconds, agents }) {
    const name = 'rollcall (sqlite)'
    const samples = await contest(
      [
        {
          name,
          start: startRollcall,
          measure: async ({ url }) => {
            await fill(url, agents)
            const [body] = batches(BATCH, BATCH) as [string]
            const load = { url, method: 'POST', path: '/agents/heartbeats', body } as const
            await runLoad({ ...load, connections: 8, seconds: 1 })
            const { requestsPerSecond } = await runLoad({ ...load, connections: 8, seconds })
            return requestsPerSecond * BATCH
          },
        },
      ],
      rounds,
    )
    const value = median(samples[name] ?? [])
    return {
      unit: 'heartbeats/s',
      samples,
      verdicts: [{ what: 'rate', value, unit: '/s', target: 2_000_000, good: 'at least' }],
    }
  },
}
