import { copyFile } from 'node:fs/promises'
import Database from 'better-sqlite3'
import { describe, expect, test, vi } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { expectContinued } from '../../../src/testing/continued-history.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { registration } from '../sample-registration.ts'

// A copy of the file and its write-ahead log, taken while the registry runs, equals what a killed process
// would leave behind.

const NEVER_MS = 3_600_000

class CrashingRegistry {
  readonly clock = new ManualClock()
  readonly #folder: TemporaryFolder

  constructor(folder: TemporaryFolder) {
    this.#folder = folder
  }

  get path(): string {
    return this.#folder.file('agents.db')
  }

  open(path = this.path, heartbeatFlushIntervalMs = NEVER_MS) {
    return SqliteAgentRegistryRepository.open(path, { clock: this.clock, heartbeatFlushIntervalMs })
  }

  /** Opens a copy of the files, as they would be if the process were killed now. */
  async openAfterCrash(awayMs = 0) {
    const copy = this.#folder.file('crashed.db')
    await copyFile(this.path, copy)
    await copyFile(`${this.path}-wal`, `${copy}-wal`)
    this.clock.advance(awayMs)
    return this.open(copy)
  }
}

describe('after a crash', () => {
  test('everything that was acknowledged is preserved', async () => {
    using folder = new TemporaryFolder()
    const registry = new CrashingRegistry(folder)
    await using repository = await registry.open()
    await Promise.all(
      ['a', 'b', 'c', 'd'].map((agentId) =>
        repository.add(registration({ agentId, metadata: { agentId } })),
      ),
    )
    await repository.updateHeartbeat('b', { status: 'busy' })
    await repository.delete('c')
    registry.clock.advance(60_000)
    await repository.add(registration({ agentId: 'd', port: 8001 }))
    await repository.expireLapsed()
    const list = await Array.fromAsync(repository.listAll({ includeDead: true }))
    const counts = await repository.counts()
    await using after = await registry.openAfterCrash()
    expect(await Array.fromAsync(after.listAll({ includeDead: true }))).toEqual(list)
    expectContinued(await after.counts(), counts)
    expect(await after.eventsSince(0)).toEqual(await repository.eventsSince(0))
  })

  test('agents whose heartbeats were not written yet are alive', async () => {
    using folder = new TemporaryFolder()
    const registry = new CrashingRegistry(folder)
    await using repository = await registry.open()
    await repository.add(registration({ agentId: 'short', ttlSeconds: 10 }))
    await repository.add(registration({ agentId: 'long', ttlSeconds: 300 }))
    for (let count = 0; count < 100; count++) {
      registry.clock.advance(5_000)
      await repository.updateHeartbeats([{ agentId: 'short' }, { agentId: 'long' }])
      // This commit records the time of the crash: by it, both deadlines on disk are long past.
      await repository.add(registration({ agentId: 'other', port: 1 + count }))
    }
    await using after = await registry.openAfterCrash(NEVER_MS)
    const now = registry.clock.wallMs()
    expect(await after.get('short')).toMatchObject({ alive: true, expiresAtMs: now + 10_000 })
    expect(await after.get('long')).toMatchObject({ alive: true, expiresAtMs: now + 30_000 })
    expect(await after.expireLapsed()).toEqual({ expired: 0, more: false })
  })

  test('expired agents are dead', async () => {
    using folder = new TemporaryFolder()
    const registry = new CrashingRegistry(folder)
    await using repository = await registry.open()
    await repository.add(registration())
    registry.clock.advance(60_000)
    await repository.expireLapsed()
    await using after = await registry.openAfterCrash(NEVER_MS)
    expect(await after.get('scout')).toMatchObject({ alive: false })
    expect(await after.counts()).toMatchObject({ alive: 0, lapsePending: false })
  })

  test('lapsed agents are dead, if all heartbeats were written', async () => {
    using folder = new TemporaryFolder()
    const registry = new CrashingRegistry(folder)
    await using repository = await registry.open(registry.path, 5)
    await repository.add(registration())
    registry.clock.advance(60_000)
    await vi.waitFor(() => expect(savedTo(registry.path)).toBe(60_000))
    expect(await repository.counts()).toMatchObject({ alive: 0, lapsePending: true })
    await using after = await registry.openAfterCrash(NEVER_MS)
    expect(await after.counts()).toMatchObject({ alive: 0, lapsePending: true })
    expect(await after.expireLapsed()).toMatchObject({ expired: 1 })
  })
})

function savedTo(path: string): unknown {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare('SELECT heartbeats_saved_to FROM registry').pluck().get()
  } finally {
    db.close()
  }
}
