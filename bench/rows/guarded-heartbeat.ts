import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { comparedHeartbeats } from '../compared-heartbeats.ts'
import { startPostgresNodes } from '../postgres-nodes.ts'
import { newFolder, startRollcall } from '../processes.ts'
import { INSTANCE } from './instance-heartbeat.ts'

const TOKEN = 'a-token-of-the-benchmarks-and-of-nobody-else'

/** Access control as operators have it: a token for these agents, which belong to it, and an audit log. */
function accessArguments(): string[] {
  const folder = newFolder()
  const file = join(folder, 'tokens')
  writeFileSync(file, `fleet agent agent-* ${TOKEN}\n`)
  return ['--token-file', file, '--audit-log', join(folder, 'audit.log')]
}

const GUARDED = {
  name: 'with token, owner, instance and audit log',
  headers: { Authorization: `Bearer ${TOKEN}`, 'Rollcall-Instance': INSTANCE },
  registration: { instance_id: INSTANCE },
}
const OPEN = { name: 'without' }
const LEAST_SHARE = 0.9

export const guardedHeartbeat = comparedHeartbeats({
  name: 'heartbeat-guarded',
  title: 'Heartbeats over HTTP with access control, 64 connections',
  measured: { ...GUARDED, start: () => startRollcall({ arguments: accessArguments() }) },
  yardstick: { ...OPEN, start: () => startRollcall() },
  leastShare: LEAST_SHARE,
})

export const postgresGuardedHeartbeat = comparedHeartbeats({
  name: 'pg-heartbeat-guarded',
  title: 'PostgreSQL: heartbeats over HTTP with access control, 64 connections',
  measured: { ...GUARDED, start: () => startPostgresNodes(1, { arguments: accessArguments() }) },
  yardstick: { ...OPEN, start: () => startPostgresNodes(1) },
  leastShare: LEAST_SHARE,
})
