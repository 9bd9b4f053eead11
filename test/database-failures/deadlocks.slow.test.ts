// Deadlocks and serialization failures are for the registry to solve, not for its callers.
import { setTimeout as sleep } from 'node:timers/promises'
import type { HeartbeatBatchReceipt } from '@rollcall/protocol'
import type { Client } from 'pg'
import { expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { withClient } from '../postgres/support/postgres-client.ts'
import { PostgresServer } from '../postgres/support/postgres-server.ts'
import { RegistryNodes } from './support/registry-nodes.ts'
import { RegistryUnderLoad } from './support/registry-under-load.ts'
import { AnswerTally } from './support/response-counts.ts'

const FIRST = 'locked-a'
const LAST = 'locked-b'
const ROUNDS = 5
/** Long enough that the registry waits for the last row, having locked the first. */
const HELD_MS = 100
/** Who has waited so long looks for a deadlock, and is the one whose work is broken off. */
const DEADLOCK_MS = 250
const SERIALIZABLE_MS = 3000

test('a deadlock with somebody else is retried, and nobody is told', async () => {
  await using postgres = await PostgresServer.launch({
    settings: { deadlock_timeout: DEADLOCK_MS },
    isInMemory: true,
  })
  const url = await postgres.createDatabase()
  await using nodes = await RegistryNodes.start(url)
  for (const agentId of [FIRST, LAST]) {
    await nodes.next().send('POST', '/agents/register', registration(agentId))
  }
  const tally = new AnswerTally()
  await withClient(url, async (client) => {
    // The other session never breaks off.
    await client.query(`SET deadlock_timeout = '60s'`)
    for (let round = 0; round < ROUNDS; round++) {
      await lockInOppositeOrder(client, () => beat(nodes, tally))
      await lockInOppositeOrder(client, () => changeBoth(nodes, tally, round))
    }
  })
  const deadlocks = postgres.log.split('deadlock detected').length - 1
  expect(tally.faults).toEqual([])
  expect(tally.refused).toBe(0)
  // Heartbeats do not wait for the lock, so most of them are of the changes; and on a busy machine the
  // one or other round comes too late for it.
  expect(deadlocks).toBeGreaterThanOrEqual(ROUNDS - 3)
  nodes.expectUnharmed()
  console.log(`${deadlocks} deadlocks, ${tally.fine} × 200, ${tally.refused} × 503`)
})

test('a database that serializes all transactions by default makes no difference', async () => {
  await using postgres = await PostgresServer.launch({ isInMemory: true })
  const url = await postgres.createDatabase()
  const database = new URL(url).pathname.slice(1)
  await postgres.query(
    `ALTER DATABASE ${database} SET default_transaction_isolation = 'serializable'`,
  )
  await using load = await RegistryUnderLoad.start(url)
  await sleep(SERIALIZABLE_MS)
  await load.expectUnbroken()
  console.log(`all transactions serializable: ${load.story}`)
  expect([load.fleet.tally.refused, load.changes.tally.refused]).toEqual([0, 0])
})

/** Locks the last agent, and the first one when the registry waits for the last. */
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

function beat(nodes: RegistryNodes, tally: AnswerTally): Promise<unknown> {
  const agent_ids = [FIRST, LAST]
  const http = nodes.next()
  return tally.judge(
    'heartbeats',
    () => http.send<HeartbeatBatchReceipt>('POST', '/agents/heartbeats', { agent_ids }),
    ({ status, body }) => status === 200 && body.ok === 2,
  )
}

/** One group changes both agents. */
function changeBoth(nodes: RegistryNodes, tally: AnswerTally, round: number): Promise<unknown> {
  const status = round % 2 === 0 ? 'busy' : 'ready'
  const heartbeats = [FIRST, LAST].map((agent_id) => ({ agent_id, status }))
  const http = nodes.next()
  return tally.judge(
    'changes of status',
    () => http.send<HeartbeatBatchReceipt>('POST', '/agents/heartbeats', { heartbeats }),
    ({ status: code, body }) => code === 200 && body.ok === 2,
  )
}
