// A registry copied from a file to PostgreSQL arrives completely and unchanged.

import Database from 'better-sqlite3'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually } from '../../../../../test/http/support/eventually.ts'
import type { RegistryCounts } from '../../../src/domain/agent-registry-repository.ts'
import type { AgentRecord, AgentRegistryRepository, Transition } from '../../../src/index.ts'
import { expectContinued } from '../../../src/testing/continued-history.ts'
import { fullRegistration, registration } from '../sample-registration.ts'
import { RegistryMoves } from './registry-moves.ts'

const DAY_MS = 86_400_000
const YEAR_S = 365 * 86_400

let moves: RegistryMoves
beforeAll(async () => {
  moves = await RegistryMoves.start()
})
afterAll(() => moves[Symbol.asyncDispose]())

async function agentsOf(repository: AgentRegistryRepository): Promise<AgentRecord[]> {
  const agents: AgentRecord[] = []
  for await (const page of repository.listAll({ includeDead: true })) agents.push(...page)
  return agents
}

/** Returns records without the end of the lease, which moves with the time in which no node was listening. */
function withoutDeadlines(agents: readonly AgentRecord[]): object[] {
  return agents.map(({ expiresAtMs: _, ...rest }) => rest)
}

describe('a copy', () => {
  test('has every agent, every transition, and the position of the history', async () => {
    const move = moves.next()
    let agents: AgentRecord[] = []
    let history: readonly Transition[] = []
    let position: RegistryCounts | undefined
    await move.fill(async (source, clock) => {
      await source.add(registration())
      await source.add(fullRegistration('everything'))
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
      position = await source.counts()
    })

    expect(await move.copy()).toEqual({ agents: 4, alive: 3, transitions: history.length })

    await using moved = await move.openMoved()
    expect(withoutDeadlines(await agentsOf(moved))).toEqual(withoutDeadlines(agents))
    expect(await moved.eventsSince(0)).toEqual(history)
    expect(new Set(history.map(({ type }) => type)).size).toBeGreaterThan(5)
    expect(history.some(({ before }) => before !== undefined)).toBe(true)
    expectContinued(await moved.counts(), {
      ...(position as RegistryCounts),
      registered: 4,
      alive: 3,
    })
    expect(await moved.historyOf('gone')).toEqual(history.filter((it) => it.agentId === 'gone'))
    // The history continues from there.
    const { revision } = await moved.add(registration({ agentId: 'new' }))
    expect(revision).toBe((position?.revision ?? 0) + 1)
    expect((await agentsOf(moved)).map(({ agentId }) => agentId)).toContain('new')
  })

  test('returns the same query results, by capabilities, metadata and text', async () => {
    const move = moves.next()
    await move.fill(async (source) => {
      await source.add(registration({ capabilities: ['paint'], metadata: { zone: 'eu-1' } }))
      await source.add(registration({ agentId: 'other', agentName: 'Deep Thinker' }))
    })
    await move.copy()
    await using moved = await move.openMoved()
    const found = async (filter: object) => {
      const ids: string[] = []
      for await (const page of moved.listAll(filter)) ids.push(...page.map((it) => it.agentId))
      return ids
    }
    expect(await found({ capabilities: ['paint'] })).toEqual(['scout'])
    expect(await found({ metadata: [{ path: 'zone', value: 'eu-1' }] })).toEqual(['scout'])
    expect(await found({ text: 'thinker' })).toEqual(['other'])
  })

  test('of an empty registry is empty', async () => {
    const move = moves.next()
    await move.fill(async () => undefined)
    expect(await move.copy()).toEqual({ agents: 0, alive: 0, transitions: 0 })
    await using moved = await move.openMoved()
    expect(await moved.counts()).toMatchObject({ registered: 0, revision: 0 })
    await moved.add(registration())
  })

  test('preserves metadata exactly', async () => {
    const move = moves.next()
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
    await move.fill(async (source) => {
      for (const [index, metadata] of forms.entries()) {
        await source.add(registration({ agentId: `a${index}`, metadata }))
      }
    })
    await move.copy()
    await using moved = await move.openMoved()
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
  test('is the whole history of the file, whatever the default limits, and the file keeps it', async () => {
    const move = moves.next()
    const limits = { historyMaxAgeSeconds: YEAR_S }
    await move.fill(
      async (source) => {
        await source.add(registration())
        await source.delete('scout')
      },
      { ...limits, agoMs: 30 * DAY_MS },
    )
    expect(await move.copy()).toMatchObject({ transitions: 2 })
    await using moved = await move.openMoved(limits)
    expect((await moved.eventsSince(0)).map(({ type }) => type)).toEqual([
      'registered',
      'deregistered',
    ])
    const kept = new Database(move.file, { readonly: true })
    expect(kept.prepare('SELECT count(*) FROM transitions').pluck().get()).toBe(2)
    kept.close()
  })

  test('starts at the same revision as that of the file', async () => {
    const move = moves.next()
    await move.fill(
      async (source) => {
        for (let port = 1; port <= 600; port++) await source.add(registration({ port }))
        await eventually(() => oldestIn(move.file)).toBe(591)
      },
      { historyLimit: 10 },
    )
    expect(await move.copy()).toMatchObject({ transitions: 10 })
    await using moved = await move.openMoved()
    expect((await moved.eventsSince(590)).map(({ revision }) => revision)).toHaveLength(10)
    await expect(moved.eventsSince(589)).rejects.toMatchObject({
      code: 'REVISION_GONE',
      oldestRevision: 591,
    })
  })

  test('continues from the right revision if no transitions are kept', async () => {
    const move = moves.next()
    await move.fill(
      async (source, clock) => {
        await source.add(registration({ ttlSeconds: 86_400 }))
        clock.advance(10_000)
        await source.deleteExpired()
      },
      { historyMaxAgeSeconds: 5 },
    )
    const emptied = new Database(move.file)
    emptied.prepare('DELETE FROM transitions').run()
    emptied.close()
    expect(await move.copy()).toEqual({ agents: 1, alive: 1, transitions: 0 })
    await using moved = await move.openMoved()
    expect(await moved.eventsSince(1)).toEqual([])
    expect(await moved.delete('scout')).toBe(true)
    expect(await moved.eventsSince(1)).toMatchObject([{ revision: 2, type: 'deregistered' }])
  })
})

function oldestIn(file: string): Promise<unknown> {
  const db = new Database(file, { readonly: true })
  const oldest = db.prepare('SELECT min(transition_revision) FROM transitions').pluck().get()
  db.close()
  return Promise.resolve(oldest)
}
