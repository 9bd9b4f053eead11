// A registry that moves from a file into PostgreSQL: all of it arrives as it was.
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../test/http/eventually.ts'
import { queryOnce, withClient } from '../../../test/postgres/postgres-client.ts'
import { freshDatabase } from '../../../test/postgres/shared-postgres.ts'
import type { AgentRecord, AgentRegistryRepository, Transition } from '../src/index.ts'
import { copyRegistry } from '../src/storage/copy-registry.ts'
import {
  PostgresAgentRegistryRepository,
  type PostgresRepositoryOptions,
} from '../src/storage/postgres/postgres-agent-registry-repository.ts'
import {
  SqliteAgentRegistryRepository,
  type SqliteRepositoryOptions,
} from '../src/storage/sqlite/sqlite-agent-registry-repository.ts'
import { ManualClock } from '../src/testing/manual-clock.ts'
import { registration } from './storage/sample-registration.ts'
import { TemporaryFolder } from './storage/temporary-folder.ts'

const DAY_MS = 86_400_000
const YEAR_S = 365 * 86_400

let database: Awaited<ReturnType<typeof freshDatabase>>
let folder: TemporaryFolder
beforeAll(async () => {
  database = await freshDatabase()
  folder = await TemporaryFolder.create()
}, 60_000)
afterAll(async () => {
  await folder[Symbol.asyncDispose]()
  await database[Symbol.asyncDispose]()
})

let file: string
let schema: string
let tests = 0
beforeEach(() => {
  tests++
  file = folder.file(`${tests}.db`)
  schema = `moved_${tests}`
})

/** Fills the file, whose registry began an hour ago, and stops the registry again. */
async function fill(
  work: (source: SqliteAgentRegistryRepository, clock: ManualClock) => Promise<void>,
  options: SqliteRepositoryOptions & { agoMs?: number } = {},
): Promise<void> {
  const { agoMs = 3_600_000, ...rest } = options
  const clock = new ManualClock({ wallMs: Date.now() - agoMs })
  await using source = await SqliteAgentRegistryRepository.open(file, { clock, ...rest })
  await work(source, clock)
}

const copy = () => copyRegistry({ from: `sqlite:///${file}`, to: database.url, schema })

/** Opens what was moved, so that nobody is given more time than was left. */
const openMoved = (options: PostgresRepositoryOptions = {}) =>
  PostgresAgentRegistryRepository.open(database.url, { schema, restartGraceSeconds: 0, ...options })

async function agentsOf(repository: AgentRegistryRepository): Promise<AgentRecord[]> {
  const agents: AgentRecord[] = []
  for await (const page of repository.listAll({ includeDead: true })) agents.push(...page)
  return agents
}

/** All but the end of the lease: that moves on with the time in which nobody listened. */
function timeless(agents: readonly AgentRecord[]): object[] {
  return agents.map(({ expiresAtMs: _, ...rest }) => rest)
}

describe('a copy', () => {
  test('has every agent, every transition, and the place in the history', async () => {
    let agents: AgentRecord[] = []
    let history: readonly Transition[] = []
    let place: { epoch: string; revision: number } | undefined
    await fill(async (source, clock) => {
      await source.add(registration())
      await source.add(
        registration({
          agentId: 'everything',
          agentName: 'Ünïcödé 🛰 "quoted" \\ back',
          host: 'fd00::1',
          port: 65_535,
          ttlSeconds: 86_400,
          metadata: { zone: 'eu-1', n: 1e21, list: [1, null, { deep: true }] },
          capabilities: ['search', 'über-setzen'],
          version: '1.2.3-β',
          url: 'https://[fd00::1]:65535/a?b=c',
          status: 'draining',
          load: 0.123456789,
        }),
      )
      for (const id of ['gone', 'removed', 'dead', 'revived']) {
        await source.add(registration({ agentId: id, ttlSeconds: 10 }))
      }
      clock.advance(5000)
      await source.delete('gone')
      await source.updateHeartbeat('scout', { load: 0.5 })
      clock.advance(6000)
      await source.updateHeartbeat('revived')
      await source.deleteExpired()
      await source.add(registration({ agentId: 'dead', ttlSeconds: 10, status: 'busy' }))
      await source.updateHeartbeat('everything', { status: 'ready', load: 1 })
      clock.advance(11_000)
      await source.expireLapsed()
      await source.updateHeartbeat('revived')
      agents = await agentsOf(source)
      history = await source.eventsSince(0)
      place = await source.counts()
    })

    expect(await copy()).toEqual({ agents: 4, alive: 3, transitions: history.length })

    await using moved = await openMoved()
    expect(timeless(await agentsOf(moved))).toEqual(timeless(agents))
    expect(await moved.eventsSince(0)).toEqual(history)
    expect(new Set(history.map(({ type }) => type)).size).toBeGreaterThan(5)
    expect(history.some(({ before }) => before !== undefined)).toBe(true)
    expect(await moved.counts()).toEqual({ ...place, registered: 4, alive: 3 })
    expect(await moved.historyOf('gone')).toEqual(history.filter((it) => it.agentId === 'gone'))
    // And it goes on from there.
    const { revision } = await moved.add(registration({ agentId: 'new' }))
    expect(revision).toBe((place?.revision ?? 0) + 1)
    expect((await agentsOf(moved)).map(({ agentId }) => agentId)).toContain('new')
  })

  test('leaves each lease the time that it had, and the dead dead', async () => {
    await fill(async (source, clock) => {
      await source.add(registration({ agentId: 'dead', ttlSeconds: 5 }))
      await source.add(registration({ agentId: 'lapsed', ttlSeconds: 10 }))
      clock.advance(9999)
      await source.expireLapsed()
      await source.add(registration({ agentId: 'half', ttlSeconds: 60 }))
      clock.advance(1)
      await source.add(registration({ agentId: 'long', ttlSeconds: 86_400 }))
      await source.add(registration({ agentId: 'last', ttlSeconds: 10 }))
      // Nobody has noticed yet that `lapsed` is.
      clock.advance(9999)
    })
    await copy()

    const before = Date.now()
    await using moved = await openMoved()
    const after = Date.now()
    for (const [agentId, expected] of [
      ['long', 86_400_000 - 9999],
      ['half', 60_000 - 10_000],
    ] as const) {
      const { expiresAtMs = 0 } = (await moved.get(agentId)) ?? {}
      expect(expiresAtMs, agentId).toBeGreaterThanOrEqual(before + expected - 1)
      expect(expiresAtMs, agentId).toBeLessThanOrEqual(after + expected + 1)
    }
    const told = (await moved.eventsSince(0)).map(({ type, agentId }) => `${type} ${agentId}`)
    expect(told.slice(-1)).toEqual(['expired lapsed'])
    expect(told.filter((it) => it.startsWith('expired'))).toEqual([
      'expired dead',
      'expired lapsed',
    ])
    for (const agentId of ['dead', 'lapsed']) {
      expect(await moved.get(agentId), agentId).toMatchObject({ alive: false })
    }
    // Its last millisecond is over by now.
    await moved.expireLapsed()
    const [last] = await moved.historyOf('last', { limit: 1 })
    expect(last).toMatchObject({ type: 'expired' })
  })

  test('gives the last millisecond the grace of a restart', async () => {
    await fill(async (source, clock) => {
      await source.add(registration({ ttlSeconds: 60 }))
      clock.advance(59_999)
    })
    await copy()
    const before = Date.now()
    await using moved = await openMoved({ restartGraceSeconds: 30 })
    await moved.expireLapsed()
    expect((await moved.get('scout'))?.expiresAtMs).toBeGreaterThanOrEqual(before + 29_999)
  })

  test('takes no time from a lease, however long the move lasts', async () => {
    const ids = Array.from({ length: 3000 }, (_, index) => `a-${index}`)
    await fill(async (source) => {
      await Promise.all(ids.map((agentId) => source.add(registration({ agentId, ttlSeconds: 1 }))))
    })
    await (await openMoved())[Symbol.asyncDispose]()
    await withClient(database.url, async (admin) => {
      await admin.query('BEGIN')
      await admin.query(`LOCK TABLE ${schema}.agents IN SHARE MODE`)
      const copying = copy()
      await sleep(1500)
      await admin.query('ROLLBACK')
      expect(await copying).toMatchObject({ alive: ids.length })
    })
    await sleep(1500)
    await using moved = await openMoved({ restartGraceSeconds: 30 })
    await moved.expireLapsed()
    expect(await moved.counts()).toMatchObject({ alive: ids.length, revision: ids.length })
  })

  test('declares nobody dead whose heartbeat was lost in a crash', async () => {
    await fill(async (source) => {
      await source.add(registration({ ttlSeconds: 10 }))
    })
    const killed = new Database(file)
    // As if it had gone on for a while, and never come to write heartbeats.
    killed.prepare('UPDATE registry SET lease_now = lease_now + 20000').run()
    killed.close()
    expect(await copy()).toMatchObject({ alive: 1, transitions: 1 })
    await using moved = await openMoved({ restartGraceSeconds: 30 })
    await moved.expireLapsed()
    expect(await moved.get('scout')).toMatchObject({ alive: true })
  })

  test('is not shortened by the time since a node was killed there', async () => {
    await (await openMoved())[Symbol.asyncDispose]()
    await queryOnce(
      database.url,
      `UPDATE ${schema}.pulse SET seen = seen - 60000, expected = seen - 60000, stall_shift = 7`,
    )
    await queryOnce(
      database.url,
      `INSERT INTO ${schema}.nodes SELECT 'x', seen FROM ${schema}.pulse`,
    )
    await fill(async (source) => {
      await source.add(registration({ ttlSeconds: 10 }))
    })
    await copy()
    const before = Date.now()
    await using moved = await openMoved()
    const { expiresAtMs = 0 } = (await moved.get('scout')) ?? {}
    expect(expiresAtMs).toBeGreaterThanOrEqual(before + 9999)
    expect(expiresAtMs).toBeLessThanOrEqual(Date.now() + 10_001)
  })

  test('finds what it found before: by what agents can do, by metadata, by words', async () => {
    await fill(async (source) => {
      await source.add(registration({ capabilities: ['paint'], metadata: { zone: 'eu-1' } }))
      await source.add(registration({ agentId: 'other', agentName: 'Deep Thinker' }))
    })
    await copy()
    await using moved = await openMoved()
    const found = async (filter: object) => {
      const ids: string[] = []
      for await (const page of moved.listAll(filter)) ids.push(...page.map((it) => it.agentId))
      return ids
    }
    expect(await found({ capabilities: ['paint'] })).toEqual(['scout'])
    expect(await found({ metadata: [{ path: 'zone', value: 'eu-1' }] })).toEqual(['scout'])
    expect(await found({ text: 'thinker' })).toEqual(['other'])
  })

  test('of nobody is nobody', async () => {
    await fill(async () => undefined)
    expect(await copy()).toEqual({ agents: 0, alive: 0, transitions: 0 })
    await using moved = await openMoved()
    expect(await moved.counts()).toMatchObject({ registered: 0, revision: 0 })
    await moved.add(registration())
  })

  test('keeps metadata to the letter', async () => {
    const forms = [
      null,
      {},
      'null',
      '"text"',
      ' { "b" : 1,\n "a" : 2 } ',
      '{"a":1,"a":2}',
      '{"nul":"\\u0000","half":"\\ud83d"}',
      '123456789012345678901234567890',
      { nul: 'a\u0000b', half: '\ud83d', line: '\u2028', far: '🛰', quote: '"\\/' },
      JSON.parse('{"__proto__":{"a":1}}'),
      JSON.stringify('x'.repeat(3998)),
    ]
    await fill(async (source) => {
      for (const [index, metadata] of forms.entries()) {
        await source.add(registration({ agentId: `a${index}`, metadata }))
      }
    })
    await copy()
    await using moved = await openMoved()
    const history = await moved.eventsSince(0)
    for (const [index, metadata] of forms.entries()) {
      const text = JSON.stringify(metadata)
      const agent = await moved.get(`a${index}`)
      expect(JSON.stringify(agent?.metadataValue), text).toBe(text)
      expect(JSON.stringify(history[index]?.agent.metadataValue), text).toBe(text)
    }
  })
})

describe('the history of a copy', () => {
  test('is all that the file has, whatever is kept by default, and the file keeps it', async () => {
    const limits = { historyMaxAgeSeconds: YEAR_S }
    await fill(
      async (source) => {
        await source.add(registration())
        await source.delete('scout')
      },
      { ...limits, agoMs: 30 * DAY_MS },
    )
    expect(await copy()).toMatchObject({ transitions: 2 })
    await using moved = await openMoved(limits)
    expect((await moved.eventsSince(0)).map(({ type }) => type)).toEqual([
      'registered',
      'deregistered',
    ])
    const kept = new Database(file, { readonly: true })
    expect(kept.prepare('SELECT count(*) FROM transitions').pluck().get()).toBe(2)
    kept.close()
  })

  test('begins where that of the file begins', async () => {
    await fill(
      async (source) => {
        for (let port = 1; port <= 600; port++) await source.add(registration({ port }))
        await eventually(oldestIn).toBe(591)
      },
      { historyLimit: 10 },
    )
    expect(await copy()).toMatchObject({ transitions: 10 })
    await using moved = await openMoved()
    expect((await moved.eventsSince(590)).map(({ revision }) => revision)).toHaveLength(10)
    await expect(moved.eventsSince(589)).rejects.toMatchObject({
      code: 'REVISION_GONE',
      oldestRevision: 591,
    })
  })

  test('goes on where nothing of it is kept', async () => {
    await fill(
      async (source, clock) => {
        await source.add(registration({ ttlSeconds: 86_400 }))
        clock.advance(10_000)
        await source.deleteExpired()
      },
      { historyMaxAgeSeconds: 5 },
    )
    const emptied = new Database(file)
    emptied.prepare('DELETE FROM transitions').run()
    emptied.close()
    expect(await copy()).toEqual({ agents: 1, alive: 1, transitions: 0 })
    await using moved = await openMoved()
    expect(await moved.eventsSince(1)).toEqual([])
    expect(await moved.delete('scout')).toBe(true)
    expect(await moved.eventsSince(1)).toMatchObject([{ revision: 2, type: 'deregistered' }])
  })
})

function oldestIn(): Promise<unknown> {
  const db = new Database(file, { readonly: true })
  const oldest = db.prepare('SELECT min(transition_revision) FROM transitions').pluck().get()
  db.close()
  return Promise.resolve(oldest)
}
