// Calls that arrive while a commit is in flight are neither lost, nor applied twice, nor refused without
// need. Another connection locks the file, so that the commit really is in flight.
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { registration } from '../sample-registration.ts'

const SWEEP_MS = 50
const nextTurn = () => new Promise((resolve) => setImmediate(resolve))

let folder: TemporaryFolder
let clock: ManualClock
let store: SqliteAgentRegistryRepository
let blocker: Database.Database

beforeEach(async () => {
  folder = new TemporaryFolder()
  clock = new ManualClock()
  const options = { clock, heartbeatFlushIntervalMs: 3_600_000 }
  store = await SqliteAgentRegistryRepository.open(folder.file('a.db'), options)
  blocker = new Database(folder.file('a.db'))
})
afterEach(async () => {
  blocker.close()
  await store.close()
  await folder[Symbol.dispose]()
})

/** Starts a write, runs a function while it is in flight, and lets it complete. */
async function during<T>(write: () => Promise<T>, meanwhile: () => Promise<unknown>): Promise<T> {
  blocker.exec('BEGIN IMMEDIATE')
  const writing = write()
  await nextTurn()
  await meanwhile()
  blocker.exec('ROLLBACK')
  return writing
}

describe('a load that is reported while a registration is in flight', () => {
  test.each([
    { what: 'without a load', load: undefined },
    { what: 'with a load', load: 0.2 },
  ])('wins over a registration $what, even in the same millisecond', async ({ load }) => {
    await store.add(registration({ load: 0.1 }))
    await during(
      () => store.add(registration({ port: 9, load })),
      () => store.updateHeartbeat('scout', { load: 0.7 }),
    )
    expect(await store.get('scout')).toMatchObject({ port: 9, load: 0.7 })
    await store.close()
    store = await SqliteAgentRegistryRepository.open(folder.file('a.db'), { clock })
    expect(await store.get('scout')).toMatchObject({ port: 9, load: 0.7 })
  })

  test('wins over two registrations in flight', async () => {
    await store.add(registration({ load: 0.1 }))
    const seen: unknown[] = []
    await during(
      async () => {
        const first = store.add(registration({ port: 9, load: 0.2 }))
        await nextTurn()
        const second = store.add(registration({ port: 10, load: 0.3 }))
        await first
        seen.push((await store.get('scout'))?.load)
        return second
      },
      async () => {
        await nextTurn()
        await nextTurn()
        await store.updateHeartbeat('scout', { load: 0.7 })
      },
    )
    expect(seen).toEqual([0.7])
    expect(await store.get('scout')).toMatchObject({ port: 10, load: 0.7 })
  })

  test('loses to a later registration', async () => {
    await store.add(registration({ load: 0.1 }))
    let last: Promise<unknown> | undefined
    await during(
      () => store.add(registration({ port: 9 })),
      async () => {
        await store.updateHeartbeat('scout', { load: 0.7 })
        last = store.add(registration({ port: 10, load: 0.3 }))
        await nextTurn()
      },
    )
    await last
    expect(await store.get('scout')).toMatchObject({ port: 10, load: 0.3 })
  })
})

test('a heartbeat without a load keeps the load of a registration in flight', async () => {
  await store.add(registration({ load: 0.1 }))
  await during(
    () => store.add(registration({ load: 0.9 })),
    async () => {
      clock.advance(10)
      await store.updateHeartbeat('scout')
    },
  )
  expect(await store.get('scout')).toMatchObject({ load: 0.9, lastHeartbeatMs: clock.wallMs() })
})

test('a stall during a commit does not extend a lease beyond its acknowledged deadline', async () => {
  await store.add(registration({ ttlSeconds: 60 }))
  await store.expireLapsed({ nextSweepMs: SWEEP_MS })
  let acknowledged = 0
  await during(
    () => store.add(registration({ ttlSeconds: 60 })),
    async () => {
      clock.advance(SWEEP_MS + 30_000)
      acknowledged = (await store.updateHeartbeat('scout'))?.expiresAtMs ?? 0
    },
  )
  expect(acknowledged).toBe(clock.wallMs() + 60_000)
  expect(await store.get('scout')).toMatchObject({ expiresAtMs: acknowledged })
  await store.expireLapsed({ nextSweepMs: Number.POSITIVE_INFINITY })
  clock.advance(59_999)
  expect(await store.get('scout')).toMatchObject({ alive: true })
  clock.advance(1)
  expect(await store.get('scout')).toMatchObject({ alive: false })
})

test('a heartbeat during a registration with another TTL gets the new TTL from its own time', async () => {
  await store.add(registration({ ttlSeconds: 60 }))
  await during(
    () => store.add(registration({ ttlSeconds: 300 })),
    async () => {
      clock.advance(1_000)
      await store.updateHeartbeat('scout')
    },
  )
  expect(await store.get('scout')).toMatchObject({ expiresAtMs: clock.wallMs() + 300_000 })
})

describe('after a commit without transitions that fails', () => {
  /** Makes writes of one agent fail from here on. */
  function refuse(agentId: string): void {
    blocker.exec(
      `CREATE TRIGGER refusal BEFORE INSERT ON agents WHEN NEW.agent_id = '${agentId}'
       BEGIN SELECT RAISE(ABORT, 'refused by the test'); END`,
    )
  }

  /** Makes the first write fail, followed by another, which must not share its transaction. */
  async function failBefore<T>(failing: () => Promise<unknown>, behind: () => Promise<T>) {
    for (;;) {
      let second: Promise<T> | undefined
      const first = during(failing, async () => {
        // The thread takes the first meanwhile; if it was busy, it takes both together.
        await new Promise((resolve) => setTimeout(resolve, 50))
        second = behind()
        await nextTurn()
      })
      await expect(first).rejects.toThrow('refused by the test')
      const [outcome] = await Promise.allSettled([second])
      const isTogether = outcome.status === 'rejected' && /by the test/.test(`${outcome.reason}`)
      if (!isTogether) return outcome
    }
  }

  test('a successful commit is acknowledged, and so is the next', async () => {
    await store.add(registration({ agentId: 'a' }))
    refuse('a')
    const outcome = await failBefore(
      () => store.add(registration({ agentId: 'a' })),
      () => store.add(registration({ agentId: 'b' })),
    )
    expect(outcome).toMatchObject({ value: { revision: 2 } })
    expect(await store.add(registration({ agentId: 'c' }))).toMatchObject({ revision: 3 })
    await store.checkWritable()
  })

  test('a commit that builds on it also fails', async () => {
    await store.add(registration({ agentId: 'a' }))
    refuse('a')
    const outcome = await failBefore(
      () => store.add(registration({ agentId: 'a', load: 0.5 })),
      () => store.delete('a'),
    )
    expect(outcome).toMatchObject({ reason: { code: 'STORAGE_UNAVAILABLE' } })
    expect(await store.delete('a')).toBe(true)
  })
})
