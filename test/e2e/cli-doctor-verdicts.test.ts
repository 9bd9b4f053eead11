// Verdicts of `rollcall doctor` for database states that a test cannot create quickly: transactions
// that are open for minutes, a version that is too old, a billion transactions.
import type { InspectedRegistry, InspectedServer, PostgresInspection } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../packages/cli/src/doctor/finding.ts'
import { checkRegistryTables } from '../../packages/cli/src/doctor/postgres-registry.ts'
import { checkServer } from '../../packages/cli/src/doctor/postgres-server.ts'

const SERVER: InspectedServer = {
  version: '17.2',
  minimumVersion: 15,
  isNewEnough: true,
  isEncrypted: true,
  fsync: true,
  fullPageWrites: true,
  synchronousCommit: 'on',
  synchronousStandbyNames: '',
  replicas: [],
  autovacuum: true,
  connectionLimit: 97,
  otherConnections: 5,
  clockAheadMs: 12,
  transactionAge: 50_000_000,
  longTransactions: [],
  seesAllRoles: true,
}

const REGISTRY: InspectedRegistry = {
  agents: 2000,
  hasSearchIndex: true,
  searchIndexLag: 0,
  nodes: 3,
  silentMs: 40,
  sweeper: 'kSxYb1Qz',
  sweptMsAgo: 45,
  fillfactor: 60,
  targetFillfactor: 60,
  isVacuumed: true,
  updates: 1_000_000,
  hotUpdates: 990_000,
  liveRows: 2000,
  deadRows: 300,
}

function serverFindings(
  server: Partial<InspectedServer> = {},
  context: Partial<PostgresInspection> = {},
): Finding[] {
  const hosts = [{ host: 'db1.example:5432', role: 'primary' as const }]
  const inspection = { hosts, connectionsPerNode: 18, registry: REGISTRY, ...context }
  return checkServer({ ...SERVER, ...server }, inspection)
}

function registryFindings(registry: Partial<InspectedRegistry> = {}): Finding[] {
  return checkRegistryTables({ ...REGISTRY, ...registry }, { server: SERVER, schema: 'rollcall' })
}

const problemsIn = (findings: readonly Finding[]) =>
  findings.filter(({ verdict }) => verdict !== 'ok')

test('a healthy database has no problems', () => {
  expect(problemsIn([...serverFindings(), ...registryFindings()])).toEqual([])
})

describe('of the server', () => {
  test.each<[string, Partial<InspectedServer>, Partial<Finding>]>([
    [
      'a version that is too old fails',
      { version: '14.9', isNewEnough: false },
      { topic: 'postgres', verdict: 'fail', message: '14.9 is too old' },
    ],
    [
      'a network connection without encryption is a warning',
      { isEncrypted: false },
      { topic: 'encryption', verdict: 'warn', advice: expect.stringContaining('sslmode') },
    ],
    [
      'a long transaction is a warning, which shows only its application name',
      { longTransactions: [{ pid: 4711, application: 'psql\x1b[31m', ageSeconds: 3725 }] },
      {
        topic: 'transactions',
        verdict: 'warn',
        message: 'pid 4711 (psql\ufffd[31m) for 1h 2m',
        advice: expect.stringContaining('pg_terminate_backend(4711)'),
      },
    ],
    [
      'a prepared transaction is a warning as well',
      { longTransactions: [{ pid: null, application: 'tx-1', ageSeconds: 61 }] },
      {
        topic: 'transactions',
        message: 'prepared (tx-1) for 1m 1s',
        advice: expect.stringContaining('ROLLBACK PREPARED'),
      },
    ],
    [
      'few remaining transaction ids are a warning',
      { transactionAge: 1_600_000_000 },
      { topic: 'wraparound', verdict: 'warn', message: '75 % of the transaction ids used' },
    ],
    [
      'too few connections are a warning',
      { connectionLimit: 50 },
      {
        topic: 'connections',
        verdict: 'warn',
        message: 'max 50; 3 nodes may use 54, others use 5',
      },
    ],
  ])('%s', (_, state, finding) => {
    const found = problemsIn(serverFindings(state))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject(finding)
  })

  test.each(['localhost', '127.0.0.1:5432', '[::1]:5432', 'LOCALHOST:1'])(
    'no encryption on %s is ok',
    (host) => {
      const context = { hosts: [{ host, role: 'primary' as const }] }
      expect(problemsIn(serverFindings({ isEncrypted: false }, context))).toEqual([])
    },
  )

  test('clock skew is reported without a warning', () => {
    const findings = serverFindings({ clockAheadMs: -61_000 })
    expect(problemsIn(findings)).toEqual([])
    expect(findings.map(({ message }) => message)).toContain(
      '61.0 s behind this machine; leases are not affected',
    )
  })
})

describe('of two hosts', () => {
  const hosts = [
    { host: 'db1', role: 'primary' as const },
    { host: 'db2', role: 'standby' as const },
  ]
  const replicas = (syncState: string | null) => [{ name: 'db2', syncState }]

  test.each<[string, Partial<InspectedServer>, 'ok' | 'warn']>([
    ['no replica', {}, 'warn'],
    ['one asynchronous replica', { replicas: replicas('async') }, 'warn'],
    [
      'one synchronous replica',
      { replicas: replicas('sync'), synchronousStandbyNames: 'db2' },
      'ok',
    ],
    [
      'a quorum of replicas',
      { replicas: replicas('quorum'), synchronousStandbyNames: 'ANY 1 (*)' },
      'ok',
    ],
    [
      'a synchronous replica that commits do not wait for',
      { replicas: replicas('sync'), synchronousStandbyNames: 'db2', synchronousCommit: 'local' },
      'warn',
    ],
    [
      'a replica whose state is not visible',
      { replicas: replicas(null), synchronousStandbyNames: 'db2' },
      'ok',
    ],
    [
      'a replica whose state is not visible, without synchronous commits',
      { replicas: replicas(null) },
      'warn',
    ],
  ])('%s', (_, server, verdict) => {
    const found = serverFindings(server, { hosts }).find(({ topic }) => topic === 'replicas')
    expect(found?.verdict).toBe(verdict)
  })
})

describe('of the registry', () => {
  test.each<[string, Partial<InspectedRegistry>, Partial<Finding>]>([
    [
      'updates with index maintenance are a warning',
      { updates: 10_001, hotUpdates: 8000 },
      { topic: 'updates', message: '79 % of 10,001 are HOT (without index maintenance)' },
    ],
    [
      'accumulated dead rows are a warning',
      { deadRows: 200_000 },
      { topic: 'vacuum', message: '200,000 dead rows, 2,000 live rows' },
    ],
    ['nodes without a sweeper are a warning', { sweeper: null }, { topic: 'nodes' }],
    ['a silent sweeper is a warning', { sweptMsAgo: 60_000 }, { topic: 'nodes' }],
    [
      'a search index that lags behind is a warning',
      { searchIndexLag: 20_000 },
      { topic: 'search index', message: '20,000 revisions behind' },
    ],
  ])('%s', (_, state, finding) => {
    const found = problemsIn(registryFindings(state))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ verdict: 'warn', ...finding })
  })

  test.each<[string, Partial<InspectedRegistry>]>([
    ['few updates of any kind', { updates: 10_000, hotUpdates: 0 }],
    ['no updates', { updates: 0, hotUpdates: 0 }],
    [
      'no node, with a search index that lags behind',
      { nodes: 0, searchIndexLag: 100_000, silentMs: 90_000 },
    ],
  ])('%s: ok', (_, state) => {
    expect(problemsIn(registryFindings(state))).toEqual([])
  })
})
