// Deadlocks and serialization failures are resolved by the registry, not by its clients.
import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt } from '@rollcall/protocol'
import type { Client } from 'pg'
import { expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { withClient } from '../postgres/support/postgres-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { RegistryNodes } from './support/registry-nodes.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { ResponseCounts } from './support/response-counts.ts'

const FIRST = 'locked-a'
const LAST = 'locked-b'
const ROUNDS = 5
/** Long enough for the registry to lock the first row and wait for the last. */
const HELD_MS = 100
/** The session that reaches this timeout detects the deadlock and is aborted. */
const DEADLOCK_MS = 250
const SERIALIZABLE_MS = 3000

test('a deadlock with another session is retried, invisible to clients', async () => {
  await using postgres = await PostgresServer.launch({
    settings: { deadlock_timeout: DEADLOCK_MS },
    isInMemory: true,
  })
  const url = await postgres.createDatabase()
  await using nodes = await RegistryNodes.start(url)
  for (const agentId of [FIRST, LAST]) {
    await nodes.next().send('POST', '/agents/register', registration(agentId))
  }
  const counts = new ResponseCounts()
  await withClient(url, async (client) => {
    // The other session is never the one to be aborted.
    await client.query(`SET deadlock_timeout = '60s'`)
    for (let round = 0; round < ROUNDS; round++) {
      await lockInOppositeOrder(client, () => beat(nodes, counts))
      await lockInOppositeOrder(client, () => changeBoth(nodes, counts, round))
    }
  })
  const deadlocks = postgres.log.split('deadlock detected').length - 1
  expect(counts.failures).toEqual([])
  expect(counts.rejected).toBe(0)
  // Heartbeats do not wait for the lock, so most deadlocks are with status changes; and on a busy
  // machine some rounds miss the lock.
  expect(deadlocks).toBeGreaterThanOrEqual(ROUNDS - 3)
  nodes.expectHealthy()
  console.log(`${deadlocks} deadlocks, ${counts.expected} × 200, ${counts.rejected} × 503`)
})

test('serializable as the default isolation level makes no difference', async () => {
  await using postgres = await PostgresServer.launch({ isInMemory: true })
  const url = await postgres.createDatabase()
  const database = new URL(url).pathname.slice(1)
  await postgres.query(
    `ALTER DATABASE ${database} SET default_transaction_isolation = 'serializable'`,
  )
  await using load = await RegistryUnderLoad.start(url)
  await sleep(SERIALIZABLE_MS)
  await load.expectConsistent()
  console.log(`all transactions serializable: ${load.summary}`)
  expect([load.fleet.counts.rejected, load.changes.counts.rejected]).toEqual([0, 0])
})

/** Locks the last agent, then, while the registry waits for it, the first one. */
async function lockInOppositeOrder(client: Client, work: () => Promise<unknown>): Promise<void> {
  const lock = 'SELECT FROM rollcall.agents WHERE agent_id = $1 FOR UPDATE'
  await client.query('BEGIN')
  await client.query(lock, [LAST])
  const working = work()
  await sleep(HELD_MS)
  await client.query(lock, [FIRST])
  await client.query('COMMIT')
  await working
}

function beat(nodes: RegistryNodes, counts: ResponseCounts): Promise<unknown> {
  const agent_ids = [FIRST, LAST]
  const http = nodes.next()
  return counts.record(
    'heartbeats',
    () => http.send<HeartbeatBatchReceipt>('POST', '/agents/heartbeats', { agent_ids }),
    ({ status, body }) => status === 200 && body.ok === 2,
  )
}

/** Changes both agents in one group. */
function changeBoth(nodes: RegistryNodes, counts: ResponseCounts, round: number): Promise<unknown> {
  const status = round % 2 === 0 ? 'busy' : 'ready'
  const heartbeats = [FIRST, LAST].map((agent_id) => ({ agent_id, status }))
  const http = nodes.next()
  return counts.record(
    'status changes',
    () => http.send<HeartbeatBatchReceipt>('POST', '/agents/heartbeats', { heartbeats }),
    ({ status: code, body }) => code === 200 && body.ok === 2,
  )
}
