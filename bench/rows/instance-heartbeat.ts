import { comparedHeartbeats } from '../compared-heartbeats.ts'
import { startPostgresNodes } from '../postgres-nodes.ts'
import { startRollcall } from '../processes.ts'

export const INSTANCE = '6f1c7c6e-3d1b-4a8e-9d0c-5b1f0a7e2c11'

const NAMED = {
  name: 'with an instance',
  headers: { 'Rollcall-Instance': INSTANCE },
  registration: { instance_id: INSTANCE },
}
const UNNAMED = { name: 'without' }
const LEAST_SHARE = 0.95

export const instanceHeartbeat = comparedHeartbeats({
  name: 'heartbeat-instance',
  title: 'Heartbeats over HTTP that name their instance, 64 connections',
  measured: { ...NAMED, start: startRollcall },
  yardstick: { ...UNNAMED, start: startRollcall },
  leastShare: LEAST_SHARE,
})

const startOnPostgres = () => startPostgresNodes(1)

export const postgresInstanceHeartbeat = comparedHeartbeats({
  name: 'pg-heartbeat-instance',
  title: 'PostgreSQL: heartbeats over HTTP that name their instance, 64 connections',
  measured: { ...NAMED, start: startOnPostgres },
  yardstick: { ...UNNAMED, start: startOnPostgres },
  leastShare: LEAST_SHARE,
})
