// What `rollcall doctor` makes of figures of a database that no test can bring about in good time:
// transactions that are open for minutes, a version that is too old, a billion transactions.
import type { InspectedRegistry, InspectedServer, PostgresInspection } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import type { Finding } from '../../packages/cli/src/doctor/finding.ts'
import { checkRegistryTables } from '../../packages/cli/src/doctor/postgres-registry.ts'
import { checkServer } from '../../packages/cli/src/doctor/postgres-server.ts'

const SERVER: InspectedServer = {
  version: '17.2',
  neededVersion: 15,
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
  seesEverybody: true,
}

const REGISTRY: InspectedRegistry = {
  agents: 2000,
  hasWordsIndex: true,
  wordsBehind: 0,
  nodes: 3,
  silentMs: 40,
  sweeper: 'kSxYb1Qz',
  sweptMsAgo: 45,
  fillfactor: 60,
  wantedFillfactor: 60,
  isVacuumed: true,
  updates: 1_000_000,
  hotUpdates: 990_000,
  liveRows: 2000,
  deadRows: 300,
}

function serverFindings(
  server: Partial<InspectedServer> = {},
  around: Partial<PostgresInspection> = {},
): Finding[] {
  const hosts = [{ host: 'db1.example:5432', role: 'primary' as const }]
  const surroundings = { hosts, connectionsPerNode: 18, registry: REGISTRY, ...around }
  return checkServer({ ...SERVER, ...server }, surroundings)
}

function registryFindings(registry: Partial<InspectedRegistry> = {}): Finding[] {
  return checkRegistryTables({ ...REGISTRY, ...registry }, { server: SERVER, schema: 'rollcall' })
}

const notGood = (findings: readonly Finding[]) =>
  findings.filter(({ verdict }) => verdict !== 'good')

test('all is well where all is as it should be', () => {
  expect(notGood([...serverFindings(), ...registryFindings()])).toEqual([])
})

describe('of the server', () => {
  test.each<[string, Partial<InspectedServer>, Partial<Finding>]>([
    [
      'a version that is too old is wrong',
      { version: '14.9', isNewEnough: false },
      { topic: 'postgres', verdict: 'wrong', message: '14.9 is too old' },
    ],
    [
      'a network without encryption is odd',
      { isEncrypted: false },
      { topic: 'encryption', verdict: 'odd', advice: expect.stringContaining('sslmode') },
    ],
    [
      'a transaction that is open for long is odd, and is named with no more than its program',
      { longTransactions: [{ pid: 4711, application: 'psql\x1b[31m', ageSeconds: 3725 }] },
      {
        topic: 'long work',
        verdict: 'odd',
        message: 'pid 4711 (psql\ufffd[31m) for 1h 2m',
        advice: expect.stringContaining('pg_terminate_backend(4711)'),
      },
    ],
    [
      'a prepared transaction is odd too',
      { longTransactions: [{ pid: null, application: 'tx-1', ageSeconds: 61 }] },
      {
        topic: 'long work',
        message: 'prepared (tx-1) for 1m 1s',
        advice: expect.stringContaining('ROLLBACK PREPARED'),
      },
    ],
    [
      'few transaction ids left are odd',
      { transactionAge: 1_600_000_000 },
      { topic: 'id supply', verdict: 'odd', message: '75 % of the transaction ids are used' },
    ],
    [
      'too few connections are odd',
      { connectionLimit: 50 },
      {
        topic: 'connections',
        verdict: 'odd',
        message: '50 allowed; 3 nodes may take 54, others have 5',
      },
    ],
  ])('%s', (_, figures, finding) => {
    const found = notGood(serverFindings(figures))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject(finding)
  })

  test.each(['localhost', '127.0.0.1:5432', '[::1]:5432', 'LOCALHOST:1'])(
    'no encryption on %s is fine',
    (host) => {
      const around = { hosts: [{ host, role: 'primary' as const }] }
      expect(notGood(serverFindings({ isEncrypted: false }, around))).toEqual([])
    },
  )

  test('a clock that differs is told of, and nothing more', () => {
    const findings = serverFindings({ clockAheadMs: -61_000 })
    expect(notGood(findings)).toEqual([])
    expect(findings.map(({ message }) => message)).toContain(
      '61.0 s behind this machine; leases do not mind',
    )
  })
})

describe('of two hosts', () => {
  const hosts = [
    { host: 'db1', role: 'primary' as const },
    { host: 'db2', role: 'standby' as const },
  ]
  const replicas = (syncState: string | null) => [{ name: 'db2', syncState }]

  test.each<[string, Partial<InspectedServer>, 'good' | 'odd']>([
    ['none follows', {}, 'odd'],
    ['one follows when it likes', { replicas: replicas('async') }, 'odd'],
    [
      'commits wait for one',
      { replicas: replicas('sync'), synchronousStandbyNames: 'db2' },
      'good',
    ],
    [
      'commits wait for any of them',
      { replicas: replicas('quorum'), synchronousStandbyNames: 'ANY 1 (*)' },
      'good',
    ],
    [
      'commits could wait for one, and do not',
      { replicas: replicas('sync'), synchronousStandbyNames: 'db2', synchronousCommit: 'local' },
      'odd',
    ],
    [
      'one follows, and how is hidden',
      { replicas: replicas(null), synchronousStandbyNames: 'db2' },
      'good',
    ],
    ['one follows, hidden, and nobody waits', { replicas: replicas(null) }, 'odd'],
  ])('%s', (_, server, verdict) => {
    const found = serverFindings(server, { hosts }).find(({ topic }) => topic === 'replicas')
    expect(found?.verdict).toBe(verdict)
  })
})

describe('of the registry', () => {
  test.each<[string, Partial<InspectedRegistry>, Partial<Finding>]>([
    [
      'heartbeats that write into indexes are odd',
      { updates: 10_001, hotUpdates: 8000 },
      { topic: 'updates', message: '79 % of 10,001 left the indexes alone (HOT)' },
    ],
    [
      'dead rows that pile up are odd',
      { deadRows: 200_000 },
      { topic: 'vacuum', message: '200,000 dead rows beside 2,000 live ones' },
    ],
    ['nodes of which none sweeps are odd', { sweeper: null }, { topic: 'nodes' }],
    ['a sweeper that is silent is odd', { sweptMsAgo: 60_000 }, { topic: 'nodes' }],
    [
      'words that nobody indexes are odd',
      { wordsBehind: 20_000 },
      { topic: 'words', message: 'the index is 20,000 revisions behind' },
    ],
  ])('%s', (_, figures, finding) => {
    const found = notGood(registryFindings(figures))
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ verdict: 'odd', ...finding })
  })

  test.each<[string, Partial<InspectedRegistry>]>([
    ['few updates, of whatever kind', { updates: 10_000, hotUpdates: 0 }],
    ['no updates', { updates: 0, hotUpdates: 0 }],
    ['no node, with the words behind', { nodes: 0, wordsBehind: 100_000, silentMs: 90_000 }],
  ])('%s, is no reason to worry', (_, figures) => {
    expect(notGood(registryFindings(figures))).toEqual([])
  })
})
