import Database from 'better-sqlite3'
import { describe, expect, test, vi } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { registration } from '../sample-registration.ts'

/** Long enough that only `close()` writes in a test. */
const NEVER_MS = 3_600_000

function rowOf(path: string, agentId = 'scout'): unknown {
  const db = new Database(path, { readonly: true })
  try {
    const select = db.prepare(
      'SELECT last_heartbeat, expires_at, load FROM agents WHERE agent_id = ?',
    )
    return select.get(agentId)
  } finally {
    db.close()
  }
}

describe('heartbeats in an SQLite registry', () => {
  test('are written behind, within a flush interval', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const clock = new ManualClock()
    const options = { clock, heartbeatFlushIntervalMs: 5 }
    await using repository = await SqliteAgentRegistryRepository.open(path, options)
    await repository.add(registration())
    clock.advance(30_000)
    await repository.updateHeartbeat('scout', { load: 0.5 })
    await vi.waitFor(() => {
      expect(rowOf(path)).toEqual({
        last_heartbeat: clock.wallMs(),
        expires_at: clock.wallMs() + 60_000,
        load: 0.5,
      })
    })
    expect(await repository.counts()).toMatchObject({ revision: 1 })
  })

  test('of one agent are written once per flush, however many there are', async () => {
    using folder = new TemporaryFolder()
    const options = { heartbeatFlushIntervalMs: NEVER_MS }
    const path = folder.file('agents.db')
    const repository = await SqliteAgentRegistryRepository.open(path, options)
    for (const agentId of ['a', 'b', 'c']) await repository.add(registration({ agentId }))
    for (let count = 0; count < 1_000; count++) await repository.updateHeartbeat('a')
    await repository.updateHeartbeats([{ agentId: 'a' }, { agentId: 'b' }])
    expect(repository.statistics()).toMatchObject({ unsavedHeartbeats: 2, savedHeartbeats: 0 })
    await repository.close()
    expect(repository.statistics()).toMatchObject({ unsavedHeartbeats: 0, savedHeartbeats: 2 })
  })

  test('of a large fleet all reach the disk', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const clock = new ManualClock()
    const options = { clock, heartbeatFlushIntervalMs: 5 }
    await using repository = await SqliteAgentRegistryRepository.open(path, options)
    const ids = Array.from({ length: 5_000 }, (_, index) => `agent-${index}`)
    await Promise.all(ids.map((agentId) => repository.add(registration({ agentId }))))
    clock.advance(10_000)
    await repository.updateHeartbeats(ids.map((agentId) => ({ agentId })))
    await vi.waitFor(() => expect(repository.statistics().savedHeartbeats).toBe(5_000), 5_000)
    const db = new Database(path, { readonly: true })
    const count = db.prepare('SELECT count(*) FROM agents WHERE last_heartbeat = ?').pluck()
    expect(count.get(clock.wallMs())).toBe(5_000)
    db.close()
  })

  test('that were not written yet are written when the registry is closed', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const clock = new ManualClock()
    const options = { clock, heartbeatFlushIntervalMs: NEVER_MS }
    const repository = await SqliteAgentRegistryRepository.open(path, options)
    await repository.add(registration())
    clock.advance(50_000)
    await repository.updateHeartbeat('scout', { load: 0.5 })
    const before = await repository.get('scout')
    await repository.close()
    await using again = await SqliteAgentRegistryRepository.open(path, options)
    expect(await again.get('scout')).toEqual(before)
  })

  test('of a removed agent do not affect a new agent with the same id', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const clock = new ManualClock()
    const options = { clock, heartbeatFlushIntervalMs: NEVER_MS }
    const repository = await SqliteAgentRegistryRepository.open(path, options)
    await repository.add(registration({ ttlSeconds: 300 }))
    await repository.updateHeartbeat('scout', { load: 0.1 })
    await repository.delete('scout')
    clock.advance(100_000)
    const added = await repository.add(registration({ ttlSeconds: 300, load: 0.9 }))
    await repository.close()
    await using again = await SqliteAgentRegistryRepository.open(path, options)
    expect(await again.get('scout')).toEqual(added)
  })

  test('never overwrite a later registration, even if they are written at the same time', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const clock = new ManualClock()
    const options = { clock, heartbeatFlushIntervalMs: 1 }
    const repository = await SqliteAgentRegistryRepository.open(path, options)
    const ids = Array.from({ length: 300 }, (_, index) => `agent-${index}`)
    const fields = { ttlSeconds: 300 }
    await Promise.all(ids.map((agentId) => repository.add(registration({ ...fields, agentId }))))
    const registering = []
    for (const agentId of ids) {
      clock.advance(10)
      await repository.updateHeartbeat(agentId, { load: 0.1 })
      registering.push(repository.add(registration({ ...fields, agentId, load: 0.9 })))
      await new Promise(setImmediate)
    }
    await Promise.all(registering)
    const before = (await Array.fromAsync(repository.listAll())).flat()
    expect(before.every(({ load }) => load === 0.9)).toBe(true)
    await repository.close()
    await using again = await SqliteAgentRegistryRepository.open(path, options)
    expect((await Array.fromAsync(again.listAll())).flat()).toEqual(before)
  })
})
