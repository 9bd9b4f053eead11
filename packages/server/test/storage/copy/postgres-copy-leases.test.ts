// A registry copied from a file to PostgreSQL: each lease keeps its remaining time.
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { queryOnce, withClient } from '../../../../../test/postgres/support/postgres-client.ts'
import { registration } from '../sample-registration.ts'
import { RegistryMoves } from './registry-moves.ts'

let moves: RegistryMoves
beforeAll(async () => {
  moves = await RegistryMoves.start()
})
afterAll(() => moves[Symbol.asyncDispose]())

describe('a copy', () => {
  test('keeps the remaining time of each lease, and dead agents dead', async () => {
    const move = moves.next()
    await move.fill(async (source, clock) => {
      await source.add(registration({ agentId: 'dead', ttlSeconds: 5 }))
      await source.add(registration({ agentId: 'lapsed', ttlSeconds: 10 }))
      clock.advance(9999)
      await source.expireLapsed()
      await source.add(registration({ agentId: 'half', ttlSeconds: 60 }))
      clock.advance(1)
      await source.add(registration({ agentId: 'long', ttlSeconds: 86_400 }))
      await source.add(registration({ agentId: 'last', ttlSeconds: 10 }))
      // The expiry of `lapsed` is not recorded yet.
      clock.advance(9999)
    })
    await move.copy()

    const before = Date.now()
    await using moved = await move.openMoved()
    const after = Date.now()
    for (const [agentId, expected] of [
      ['long', 86_400_000 - 9999],
      ['half', 60_000 - 10_000],
    ] as const) {
      const { expiresAtMs = 0 } = (await moved.get(agentId)) ?? {}
      expect(expiresAtMs, agentId).toBeGreaterThanOrEqual(before + expected - 1)
      expect(expiresAtMs, agentId).toBeLessThanOrEqual(after + expected + 1)
    }
    const transitions = (await moved.eventsSince(0)).map(
      ({ type, agentId }) => `${type} ${agentId}`,
    )
    expect(transitions.slice(-1)).toEqual(['expired lapsed'])
    expect(transitions.filter((it) => it.startsWith('expired'))).toEqual([
      'expired dead',
      'expired lapsed',
    ])
    for (const agentId of ['dead', 'lapsed']) {
      expect(await moved.get(agentId), agentId).toMatchObject({ alive: false })
    }
    // Its last millisecond has passed by now.
    await moved.expireLapsed()
    const [last] = await moved.historyOf('last', { limit: 1 })
    expect(last).toMatchObject({ type: 'expired' })
  })

  test('extends a lease with one millisecond left to the restart grace', async () => {
    const move = moves.next()
    await move.fill(async (source, clock) => {
      await source.add(registration({ ttlSeconds: 60 }))
      clock.advance(59_999)
    })
    await move.copy()
    const before = Date.now()
    await using moved = await move.openMoved({ restartGraceSeconds: 30 })
    await moved.expireLapsed()
    expect((await moved.get('scout'))?.expiresAtMs).toBeGreaterThanOrEqual(before + 29_999)
  })

  test('does not shorten leases, however long it takes', async () => {
    const move = moves.next()
    const ids = Array.from({ length: 3000 }, (_, index) => `a-${index}`)
    await move.fill(async (source) => {
      await Promise.all(ids.map((agentId) => source.add(registration({ agentId, ttlSeconds: 1 }))))
    })
    await (await move.openMoved())[Symbol.asyncDispose]()
    await withClient(move.databaseUrl, async (admin) => {
      await admin.query('BEGIN')
      await admin.query(`LOCK TABLE ${move.schema}.agents IN SHARE MODE`)
      const copying = move.copy()
      await sleep(1500)
      await admin.query('ROLLBACK')
      expect(await copying).toMatchObject({ alive: ids.length })
    })
    await sleep(1500)
    await using moved = await move.openMoved({ restartGraceSeconds: 30 })
    await moved.expireLapsed()
    expect(await moved.counts()).toMatchObject({ alive: ids.length, revision: ids.length })
  })

  test('keeps agents alive whose heartbeats were lost in a crash', async () => {
    const move = moves.next()
    await move.fill(async (source) => {
      await source.add(registration({ ttlSeconds: 10 }))
    })
    const killed = new Database(move.file)
    // As if it had run for a while without writing heartbeats.
    killed.prepare('UPDATE registry SET lease_now = lease_now + 20000').run()
    killed.close()
    expect(await move.copy()).toMatchObject({ alive: 1, transitions: 1 })
    await using moved = await move.openMoved({ restartGraceSeconds: 30 })
    await moved.expireLapsed()
    expect(await moved.get('scout')).toMatchObject({ alive: true })
  })

  test('does not shorten leases by the time since a node of the target was killed', async () => {
    const move = moves.next()
    await (await move.openMoved())[Symbol.asyncDispose]()
    await queryOnce(
      move.databaseUrl,
      `UPDATE ${move.schema}.pulse SET seen = seen - 60000, expected = seen - 60000, stall_shift = 7`,
    )
    await queryOnce(
      move.databaseUrl,
      `INSERT INTO ${move.schema}.nodes SELECT 'x', seen FROM ${move.schema}.pulse`,
    )
    await move.fill(async (source) => {
      await source.add(registration({ ttlSeconds: 10 }))
    })
    await move.copy()
    const before = Date.now()
    await using moved = await move.openMoved()
    const { expiresAtMs = 0 } = (await moved.get('scout')) ?? {}
    expect(expiresAtMs).toBeGreaterThanOrEqual(before + 9999)
    expect(expiresAtMs).toBeLessThanOrEqual(Date.now() + 10_001)
  })
})
