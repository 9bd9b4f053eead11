import { contest } from '../contest.ts'
import { fill } from '../fleet.ts'
import { runLoad } from '../load.ts'
import { startPostgresNodes } from '../postgres-nodes.ts'
import { type Subject, startRollcall } from '../processes.ts'
import { median, type Row } from '../report.ts'

const CONNECTIONS = 64
const INSTANCE = '6f1c7c6e-3d1b-4a8e-9d0c-5b1f0a7e2c11'
/** The least share of the rate of heartbeats that name no instance. */
const LEAST_SHARE = 0.95

export const instanceHeartbeat = instanceRow({
  name: 'heartbeat-instance',
  title: 'Heartbeats over HTTP that name their instance, 64 connections',
  start: startRollcall,
})

export const postgresInstanceHeartbeat = instanceRow({
  name: 'pg-heartbeat-instance',
  title: 'PostgreSQL: heartbeats over HTTP that name their instance, 64 connections',
  start: () => startPostgresNodes(1),
})

/** Measures heartbeats with and without the header, each of agents that were registered like that. */
function instanceRow(row: {
  readonly name: string
  readonly title: string
  readonly start: () => Promise<Subject>
}): Row {
  return {
    name: row.name,
    title: row.title,
    async run({ agents, rounds, seconds }) {
      const contestant = (name: string, instanceId: string | undefined) => ({
        name,
        start: row.start,
        measure: async ({ url }: Subject) => {
          await fill(url, agents, { ttl_seconds: 3600, instance_id: instanceId })
          const load = {
            url,
            method: 'POST',
            path: '/agents/agent-{i}/heartbeat',
            period: agents,
            connections: CONNECTIONS,
            headers: instanceId === undefined ? {} : { 'Rollcall-Instance': instanceId },
          } as const
          await runLoad({ ...load, seconds: 1 })
          const { requestsPerSecond, failures } = await runLoad({ ...load, seconds })
          if (failures > 0) throw new Error(`${failures} heartbeats failed`)
          return requestsPerSecond
        },
      })
      const named = contestant('with an instance', INSTANCE)
      const unnamed = contestant('without', undefined)
      const samples = await contest([named, unnamed], rounds)
      const value = median(samples[named.name] ?? []) / median(samples[unnamed.name] ?? [])
      return {
        unit: 'requests/s',
        samples,
        verdicts: [
          { what: 'share of without', value, unit: '×', target: LEAST_SHARE, good: 'at least' },
        ],
      }
    },
  }
}
