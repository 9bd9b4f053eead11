import { contest } from './contest.ts'
import { fill } from './fleet.ts'
import { runLoad } from './load.ts'
import type { Subject } from './processes.ts'
import { median, type Row } from './report.ts'

const CONNECTIONS = 64

/** Heartbeats of one kind. */
export interface KindOfHeartbeats {
  readonly name: string
  readonly start: () => Promise<Subject>
  /** Sent with registrations and heartbeats; default: none. */
  readonly headers?: Readonly<Record<string, string>>
  /** What the registrations of the agents have beside the usual; default: nothing. */
  readonly registration?: Readonly<Record<string, unknown>>
}

/** Measures heartbeats of two kinds by turns; the verdict is the share of the second that the first reaches. */
export function comparedHeartbeats(row: {
  readonly name: string
  readonly title: string
  readonly measured: KindOfHeartbeats
  readonly yardstick: KindOfHeartbeats
  readonly leastShare: number
}): Row {
  const { name, title, measured, yardstick, leastShare } = row
  return {
    name,
    title,
    async run({ agents, rounds, seconds }) {
      const contestants = [measured, yardstick].map((kind) => ({
        ...kind,
        measure: async ({ url }: Subject) => {
          const { headers = {}, registration } = kind
          await fill(url, agents, { ttl_seconds: 3600, ...registration }, { headers })
          const load = {
            url,
            method: 'POST',
            path: '/agents/agent-{i}/heartbeat',
            period: agents,
            connections: CONNECTIONS,
            headers,
          } as const
          await runLoad({ ...load, seconds: 1 })
          const { requestsPerSecond, failures } = await runLoad({ ...load, seconds })
          if (failures > 0) throw new Error(`${failures} heartbeats failed`)
          return requestsPerSecond
        },
      }))
      const samples = await contest(contestants, rounds)
      const value = median(samples[measured.name] ?? []) / median(samples[yardstick.name] ?? [])
      const what = `share of ${yardstick.name}`
      return {
        unit: 'requests/s',
        samples,
        verdicts: [{ what, value, unit: '×', target: leastShare, good: 'at least' }],
      }
    },
  }
}
