import Database from 'better-sqlite3'
import { describe, expect, test, vi } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { SqliteAgentRegistryRepository } from '../../../src/index.ts'
import { ManualClock } from '../../../src/testing/index.ts'
import { registration } from '../sample-registration.ts'

function read(path: string, sql: string): unknown[] {
  const db = new Database(path, { readonly: true })
  try {
    return db.prepare(sql).all()
  } finally {
    db.close()
  }
}

describe('the table of agents', () => {
  test('starts with these columns, in this order', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await using repository = await SqliteAgentRegistryRepository.open(path)
    await repository.checkWritable()
    const columns = read(path, "SELECT name, pk FROM pragma_table_info('agents') ORDER BY cid")
    expect(columns.slice(0, 8)).toEqual([
      { name: 'agent_id', pk: 1 },
      { name: 'agent_name', pk: 0 },
      { name: 'host', pk: 0 },
      { name: 'port', pk: 0 },
      { name: 'last_heartbeat', pk: 0 },
      { name: 'ttl_seconds', pk: 0 },
      { name: 'metadata', pk: 0 },
      { name: 'registered_at', pk: 0 },
    ])
  })

  test('can be read by any SQLite tool while the registry has it open', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const clock = new ManualClock()
    await using repository = await SqliteAgentRegistryRepository.open(path, { clock })
    const fields = { metadata: { zone: 'a' }, capabilities: ['search'], load: 0.5 }
    await repository.add(registration(fields))
    await repository.add(registration({ agentId: 'text', metadata: '[1, 2]', ttlSeconds: 5 }))
    const now = clock.wallMs()
    const scout = {
      agent_id: 'scout',
      agent_name: 'Scout',
      host: '10.0.0.7',
      port: 8000,
      last_heartbeat: now,
      ttl_seconds: 60,
      metadata: '{"zone":"a"}',
      registered_at: now,
      metadata_given_as: 'object',
      capabilities: '["search"]',
      version: null,
      url: 'http://10.0.0.7:8000',
      status: 'ready',
      load: 0.5,
      expires_at: now + 60_000,
      expired: 0,
      revision: 1,
    }
    expect(read(path, 'SELECT * FROM agents ORDER BY agent_id')).toMatchObject([
      scout,
      { agent_id: 'text', metadata: '[1, 2]', metadata_given_as: 'string', ttl_seconds: 5 },
    ])
    clock.advance(5_000)
    await repository.expireLapsed()
    await repository.delete('scout')
    expect(read(path, 'SELECT agent_id, expired, revision FROM agents')).toEqual([
      { agent_id: 'text', expired: 1, revision: 3 },
    ])
    expect(read(path, 'SELECT type, agent_id FROM transitions ORDER BY 1 DESC')).toHaveLength(4)
  })

  test('is created once, and not changed when it is opened again', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    const schemas = []
    for (let round = 0; round < 3; round++) {
      await using repository = await SqliteAgentRegistryRepository.open(path)
      await repository.add(registration())
      schemas.push(read(path, 'SELECT type, name, sql FROM sqlite_schema'))
      expect(read(path, 'SELECT revision FROM registry')).toEqual([{ revision: 1 }])
    }
    expect(schemas[1]).toEqual(schemas[0])
    expect(schemas[2]).toEqual(schemas[0])
  })

  test('of transitions is trimmed to its limit', async () => {
    using folder = new TemporaryFolder()
    const path = folder.file('agents.db')
    await using repository = await SqliteAgentRegistryRepository.open(path, { historyLimit: 10 })
    for (let round = 0; round < 5; round++) {
      const ports = Array.from({ length: 700 }, (_, index) => 1 + index + 1000 * round)
      await Promise.all(
        ports.map((port) => repository.add(registration({ agentId: `agent-${port % 10}`, port }))),
      )
    }
    const sizes = 'SELECT count(*) AS rows, max(transition_revision) AS newest FROM transitions'
    await vi.waitFor(() => expect(read(path, sizes)).toEqual([{ rows: 10, newest: 3_500 }]), {
      timeout: 10_000,
    })
  })

  test('is in memory only for the path `:memory:`', async () => {
    await using one = await SqliteAgentRegistryRepository.open(':memory:')
    await using other = await SqliteAgentRegistryRepository.open(':memory:')
    await one.add(registration())
    expect(await one.counts()).toMatchObject({ registered: 1 })
    expect(await other.counts()).toMatchObject({ registered: 0 })
  })
})
