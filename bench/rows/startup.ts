import { contest } from '../contest.ts'
import { startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

export const startup: Row = {
  name: 'startup',
  title: 'Start of rollcall serve with an empty file, time until ready',
  async run({ rounds }) {
    const name = 'rollcall serve'
    const samples = await contest(
      [{ name, start: startRollcall, measure: async ({ startupMs }) => startupMs }],
      rounds * 3,
    )
    const value = median(samples[name] ?? [])
    return {
      unit: 'ms',
      samples,
      verdicts: [{ what: 'median', value, unit: 'ms', target: 400, good: 'at most' }],
    }
  },
}
