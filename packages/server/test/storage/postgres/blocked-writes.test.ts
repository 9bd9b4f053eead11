// A lock is held, or a synchronous replica is unavailable: no backlog builds up, and no response is wrong.
import { expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import { databasePerTest } from '../../../../../test/postgres/support/database-per-test.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import { PostgresServer } from '../../../../../test/postgres/support/postgres-server.ts'
import { PostgresAgentRegistryRepository } from '../../../src/storage/postgres/repository.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { registration } from '../sample-registration.ts'
import { lockWaits, registryBackends, replicaWaits, watch, whileLocked } from './slow-database.ts'

const database = databasePerTest()

/** Heartbeats 3, writes and reads 8 each, one that listens, one for the start. */
const MAX_BACKENDS = 21
const REFUSED = { code: 'STORAGE_UNAVAILABLE' }

const registered = async (url: string): Promise<string[]> => {
  const rows = await queryOnce<{ agent_id: string }>(
    url,
    'SELECT agent_id FROM rollcall.agents ORDER BY agent_id',
  )
  return rows.map(({ agent_id: agentId }) => agentId)
}

test.each(['SELECT FROM rollcall.registry FOR UPDATE', 'LOCK TABLE rollcall.registry'])(
  'registrations blocked by a lock are refused, and have no effect: %s',
  async (lock) => {
    await using node = await PostgresAgentRegistryRepository.open(database.url)
    await node.add(registration({ agentId: 'a' }))
    await whileLocked(database.url, lock, async () => {
      const first = watch(node.add(registration({ agentId: 'first' })))
      await eventually(() => lockWaits(database.url)).toBeGreaterThan(0)
      const crowd = Array.from({ length: 200 }, (_, index) =>
        node.add(registration({ agentId: `crowd-${index}` })),
      )
      const outcomes = Promise.allSettled(crowd)
      expect((await node.updateHeartbeat('a'))?.ttlSeconds).toBeGreaterThan(0)
      expect(await node.updateHeartbeats([{ agentId: 'a' }])).toEqual({ ok: 1, unknown: [] })
      expect(await registryBackends(database.url)).toBeLessThanOrEqual(MAX_BACKENDS)
      for (const outcome of await outcomes) {
        expect(outcome).toMatchObject({ status: 'rejected', reason: REFUSED })
      }
      expect(first.isSettled).toBe(true)
      await expect(node.checkWritable()).rejects.toMatchObject(REFUSED)
      // Nothing more is sent that would wait too: the call fails immediately.
      const unsent = watch(node.add(registration({ agentId: 'unsent' })))
      await new Promise(setImmediate)
      expect(unsent.isSettled).toBe(true)
      await expect(node.add(registration({ agentId: 'late' }))).rejects.toMatchObject(REFUSED)
      expect(await lockWaits(database.url)).toBeLessThanOrEqual(4)
    })
    await eventually(() =>
      node.add(registration({ agentId: 'after' })).catch(String),
    ).toMatchObject({
      agentId: 'after',
    })
    expect(await registered(database.url)).toEqual(['a', 'after'])
  },
)

test('a lock that is released before the timeout only delays a registration', async () => {
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  let adding: Promise<unknown> = Promise.resolve()
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    adding = node.add(registration({ agentId: 'a' }))
    await eventually(() => lockWaits(database.url)).toBe(1)
  })
  await adding
  await node.checkWritable()
})

test.each(['SELECT FROM rollcall.pulse FOR UPDATE', 'LOCK TABLE rollcall.pulse IN EXCLUSIVE MODE'])(
  'heartbeats do not wait for a lock on the time row: %s',
  async (lock) => {
    const clock = new ManualClock()
    await using node = await PostgresAgentRegistryRepository.open(database.url, { clock })
    await node.add(registration({ agentId: 'a', ttlSeconds: 30 }))
    await node.expireLapsed({ nextSweepMs: 50 })
    // A stall so long that the next statement tries to record it.
    clock.advance(20_000)
    await whileLocked(database.url, lock, async () => {
      const receipt = await node.updateHeartbeat('a')
      expect(receipt?.expiresAtMs).toBe(clock.wallMs() + 30_000)
      expect(await node.updateHeartbeats([{ agentId: 'a', load: 0.5 }])).toMatchObject({ ok: 1 })
    })
    clock.advance(20_000)
    expect(await node.get('a')).toMatchObject({ alive: true, load: 0.5 })
    expect(await node.expireLapsed({ nextSweepMs: 50 })).toMatchObject({ expired: 0 })
  },
)

test('an agent locked by another session does not delay other agents', async () => {
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  await using other = await PostgresAgentRegistryRepository.open(database.url)
  for (const agentId of ['free', 'held']) await node.add(registration({ agentId }))
  const lock = "SELECT FROM rollcall.agents WHERE agent_id = 'held' FOR UPDATE"
  await whileLocked(database.url, lock, async () => {
    const change = watch(node.add(registration({ agentId: 'held', port: 9000 })))
    await eventually(() => lockWaits(database.url)).toBe(1)
    // In one group, and not on the node with the pending change.
    const held = watch(other.updateHeartbeat('held'))
    const free = await other.updateHeartbeat('free')
    expect(free?.ttlSeconds).toBeGreaterThan(0)
    // The free agent is renewed first; the others wait for the lock until their timeout.
    expect([change.isSettled, held.isSettled]).toEqual([false, false])
    expect(await node.updateHeartbeat('free', { load: 0.25 })).toBeDefined()
  })
  await eventually(() => node.updateHeartbeat('held').catch(() => undefined)).toBeDefined()
  expect(await node.get('free')).toMatchObject({ load: 0.25 })
})

test('a batch in which some agents are locked has an unknown outcome', async () => {
  await using node = await PostgresAgentRegistryRepository.open(database.url)
  for (const agentId of ['free', 'held']) await node.add(registration({ agentId }))
  const lock = "SELECT FROM rollcall.agents WHERE agent_id = 'held' FOR UPDATE"
  await whileLocked(database.url, lock, () =>
    expect(node.updateHeartbeats([{ agentId: 'free' }, { agentId: 'held' }])).rejects.toMatchObject(
      { code: 'OUTCOME_UNKNOWN' },
    ),
  )
})

test('readiness waits at most two seconds for a write, whatever blocks it', async () => {
  await using node = await PostgresAgentRegistryRepository.open(`${database.url}?pool_size=1`)
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    // It uses the only connection while it waits for the lock; the probe is queued behind it.
    const first = node.add(registration({ agentId: 'first' })).catch(() => undefined)
    await eventually(() => lockWaits(database.url)).toBe(1)
    await expect(node.checkWritable()).rejects.toMatchObject({
      message: expect.stringMatching(/a write of a single row has taken \d+(\.\d)? s so far/),
    })
    await first
  })
})

test('node liveness is still recorded while the registry is locked during a sweep', async () => {
  const clock = new ManualClock()
  await using node = await PostgresAgentRegistryRepository.open(database.url, { clock })
  await node.add(registration({ agentId: 'a', ttlSeconds: 10 }))
  clock.advance(10_000)
  await whileLocked(database.url, 'SELECT FROM rollcall.registry FOR UPDATE', async () => {
    expect(await node.expireLapsed({ nextSweepMs: 77 })).toEqual({ expired: 0, more: false })
    const [pulse] = await queryOnce(
      database.url,
      'SELECT (expected - seen)::int AS ms, sweeper IS NOT NULL AS swept FROM rollcall.pulse',
    )
    expect(pulse).toEqual({ ms: 77, swept: true })
  })
  expect(await node.expireLapsed()).toEqual({ expired: 1, more: false })
})

async function cancelReplicaWaits(url: string): Promise<undefined> {
  const waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  await queryOnce(url, `SELECT pg_cancel_backend(pid) ${waiting}`)
}

/** Waits until commits wait for the replica: PostgreSQL reloads its settings asynchronously. */
async function untilCommitsWaitForReplica(url: string): Promise<void> {
  const attempts: Promise<unknown>[] = []
  while ((await replicaWaits(url)) === 0) {
    attempts.push(queryOnce(url, "SELECT pg_logical_emit_message(true, 'trial', '')"))
  }
  const completed = Promise.all(attempts)
  // Some of them may begin to wait only now.
  while (!(await Promise.race([completed, cancelReplicaWaits(url)])));
}

test('without a synchronous replica, sent changes have an unknown outcome, others are refused', async () => {
  await using postgres = await PostgresServer.launch({ isInMemory: true })
  const url = await postgres.createDatabase()
  await using node = await PostgresAgentRegistryRepository.open(url)
  await node.add(registration({ agentId: 'a', ttlSeconds: 3 }))
  await node.add(registration({ agentId: 'dying', ttlSeconds: 4 }))
  await postgres.query("ALTER SYSTEM SET synchronous_standby_names = 'missing'")
  await postgres.query('SELECT pg_reload_conf()')
  await untilCommitsWaitForReplica(url)
  const sweeping = setInterval(
    () => node.expireLapsed({ nextSweepMs: 50 }).catch(() => undefined),
    50,
  )
  const heartbeats = setInterval(() => node.updateHeartbeat('a').catch(() => undefined), 200)
  try {
    const sent = node.add(registration({ agentId: 'sent' }))
    // It may be rejected before that is expected.
    sent.catch(() => undefined)
    const waiting = node.add(registration({ agentId: 'waiting' })).catch((error: unknown) => error)
    await eventually(() => replicaWaits(url)).toBeGreaterThan(0)
    const crowd = Array.from({ length: 100 }, (_, index) =>
      node.add(registration({ agentId: `crowd-${index}` })).catch((error: unknown) => error),
    )
    expect(await node.updateHeartbeat('a')).toBeDefined()
    await expect(node.checkWritable()).rejects.toMatchObject(REFUSED)
    expect(await registryBackends(url)).toBeLessThanOrEqual(MAX_BACKENDS)
    await expect(sent).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    // It may have been sent with the first.
    const wasSent = (await registered(url)).includes('waiting')
    expect(await waiting).toMatchObject({ code: wasSent ? 'OUTCOME_UNKNOWN' : REFUSED.code })
    for (const outcome of await Promise.all(crowd)) expect(outcome).toMatchObject(REFUSED)
    await expect(node.add(registration({ agentId: 'late' }))).rejects.toMatchObject(REFUSED)
    await eventually(() => replicaWaits(url)).toBeLessThanOrEqual(1)
    expect(await node.updateHeartbeat('a')).toBeDefined()
    // Its expiry cannot be written, and is not attempted, so liveness updates do not wait.
    await eventually(async () => (await node.get('dying'))?.alive).toBe(false)
    await expect(node.checkWritable()).rejects.toMatchObject(REFUSED)
    expect(await node.expireLapsed()).toEqual({ expired: 0, more: false })
    expect((await node.historyOf('dying')).map(({ type }) => type)).toEqual(['registered'])
  } finally {
    clearInterval(heartbeats)
    await postgres.query('ALTER SYSTEM RESET synchronous_standby_names')
    await postgres.query('SELECT pg_reload_conf()')
  }
  await eventually(() => node.add(registration({ agentId: 'z' })).catch(String)).toMatchObject({
    agentId: 'z',
  })
  clearInterval(sweeping)
  const after = await registered(url)
  expect(after.filter((agentId) => agentId !== 'waiting')).toEqual(['a', 'dying', 'sent', 'z'])
  const expiries = (await node.historyOf('a')).filter(({ type }) => type === 'expired')
  expect(expiries).toEqual([])
})
