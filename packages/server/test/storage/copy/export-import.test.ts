// An export that is imported and exported again is the same, from any store to any other.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import {
  type FreshDatabase,
  freshDatabase,
} from '../../../../../test/postgres/support/shared-postgres.ts'
import { createStorageBackend } from '../../../src/storage/create-storage-backend.ts'
import { exportRegistry } from '../../../src/storage/export/export-registry.ts'
import { importRegistry } from '../../../src/storage/export/import-registry.ts'
import { ManualClock } from '../../../src/testing/manual-clock.ts'
import { registration } from '../sample-registration.ts'
import { exported, fill, imported, withoutMoment } from './exported-registry.ts'

let folder: TemporaryFolder
let database: FreshDatabase
let source: string
beforeAll(async () => {
  folder = new TemporaryFolder()
  database = await freshDatabase()
  source = `sqlite:///${folder.file('source.db')}`
  await fill(folder.file('source.db'))
})
afterAll(async () => {
  folder[Symbol.dispose]()
  await database[Symbol.asyncDispose]()
})

let files = 0
const newFile = (): string => `sqlite:///${folder.file(`${++files}.db`)}`

test('a registry is the same after SQLite, PostgreSQL and SQLite again', async () => {
  const first = await exported(source)
  expect(first).toMatch(/^\{"rollcall_export":1,"epoch":"\S{8}","branches":\[.+\],"revision":\d+,/)
  const result = await imported(database.url, first, { schema: 'one' })
  expect(result).toEqual({ agents: 5, alive: 3, transitions: expect.any(Number) })
  const second = await exported(database.url, 'one')
  expect(withoutMoment(second)).toEqual(withoutMoment(first))
  const file = newFile()
  await imported(file, second, { chunkBytes: 7 })
  expect(withoutMoment(await exported(file))).toEqual(withoutMoment(first))
})

test('an imported file has the history, the position and the leases of the registry', async () => {
  const file = newFile()
  await imported(file, await exported(source))
  const clock = new ManualClock({ wallMs: Date.now() + 7_200_000 })
  await using store = await createStorageBackend(file, { clock, restartGraceSeconds: 0 })
  const [header = ''] = (await exported(source)).split('\n')
  const { epoch, revision } = JSON.parse(header)
  expect(await store.counts()).toMatchObject({ epoch, revision, registered: 5 })
  expect((await store.eventsSince(0)).map((it) => it.revision)).toHaveLength(revision)
  // 40 of its 60 seconds were left.
  clock.advance(39_999)
  expect(await store.get('alive')).toMatchObject({ alive: true })
  clock.advance(1)
  expect(await store.get('alive')).toMatchObject({ alive: false })
  expect(await store.get('dead')).toMatchObject({ alive: false })
  expect(await store.get('everything')).toMatchObject({
    maintenance: { by: 'ann' },
    owner: 'ann',
  })
  expect((await store.historyOf('everything'))[0]).toMatchObject({ actor: 'ann' })
  expect(await store.maintenance()).toMatchObject([
    { pattern: 'absent:*', reason: 'upgrade', by: 'bo' },
    { pattern: 'everything', by: 'ann' },
  ])
})

test('an export does not change a registry that is running', async () => {
  const path = folder.file('running.db')
  await fill(path)
  await using store = await createStorageBackend(`sqlite:///${path}`)
  const before = await store.counts()
  const lines = withoutMoment(await exported(`sqlite:///${path}`))
  expect(lines).toHaveLength(1 + before.registered + before.revision)
  expect(await store.counts()).toEqual(before)
})

test('an export of PostgreSQL does not wait for its nodes, and they do not wait for it', async () => {
  await using node = await createStorageBackend(database.url, { schema: 'running' })
  await node.add(registration({ agentId: 'first' }))
  let added: Promise<unknown> | undefined
  const lines: string[] = []
  await exportRegistry({
    db: database.url,
    schema: 'running',
    write: async (text) => {
      lines.push(...text.trimEnd().split('\n'))
      added ??= node.add(registration({ agentId: 'second' }))
      await added
    },
  })
  expect(lines).toHaveLength(3)
  expect(await node.counts()).toMatchObject({ registered: 2 })
})

test('a store that is not empty is left unchanged', async () => {
  const text = await exported(source)
  const file = newFile()
  await imported(file, text)
  await expect(imported(file, text)).rejects.toThrow(/already contains a registry/)
  expect(withoutMoment(await exported(file))).toEqual(withoutMoment(text))
  await imported(database.url, text, { schema: 'full' })
  await expect(imported(database.url, text, { schema: 'full' })).rejects.toThrow(
    /already contains a registry/,
  )
})

test('an empty registry is filled, unless it is running', async () => {
  const path = folder.file('empty-registry.db')
  const db = `sqlite:///${path}`
  const text = await exported(source)
  {
    await using _running = await createStorageBackend(db)
    await expect(imported(db, text)).rejects.toThrow(/in use by another Rollcall/)
  }
  await imported(db, text)
  expect(withoutMoment(await exported(db))).toEqual(withoutMoment(text))
})

test('a store in memory, a missing file and a missing schema are not exported', async () => {
  await expect(exported('memory:')).rejects.toThrow(/kept in memory only/)
  await expect(exported('sqlite:///:memory:')).rejects.toThrow(/kept in memory only/)
  await expect(exported(newFile())).rejects.toThrow(/does not exist/)
  await expect(exported(database.url, 'nothing')).rejects.toThrow(
    /the schema nothing contains no registry/,
  )
})

describe('an export that cannot be imported', () => {
  type Change = (lines: string[]) => string
  const line = (lines: string[], at: number, change: (parsed: never) => void): string => {
    const parsed = JSON.parse(lines[at] ?? '')
    change(parsed as never)
    return lines.with(at, JSON.stringify(parsed)).join('\n')
  }
  test.each<{ what: string; change: Change; why: RegExp }>([
    {
      what: 'a file without a line',
      change: () => '',
      why: /^line 1: the export is cut off: the header should follow/,
    },
    { what: 'another file', change: () => '{"a":1}\n', why: /^line 1: it is not the header/ },
    { what: 'a letter', change: () => 'Dear grandmother,\n', why: /^line 1: it is not valid JSON/ },
    {
      what: 'a newer format',
      change: (lines) => line(lines, 0, (it: { rollcall_export: number }) => it.rollcall_export++),
      why: /^line 1: the export has version 2; this Rollcall supports version 1/,
    },
    {
      what: 'a header without a revision',
      change: (lines) => lines.with(0, '{"rollcall_export":1}').join('\n'),
      why: /^line 1: it must have required property/,
    },
    {
      what: 'a malformed line',
      change: (lines) => lines.with(2, '{"agent":').join('\n'),
      why: /^line 3: it is not valid JSON/,
    },
    {
      what: 'a field of a wrong type',
      change: (lines) =>
        line(lines, 2, (it: { agent: { port: unknown } }) => (it.agent.port = '1')),
      why: /^line 3: agent\/port must be integer/,
    },
    {
      what: 'an unknown field',
      change: (lines) => line(lines, 2, (it: { agent: { new: unknown } }) => (it.agent.new = 1)),
      why: /^line 3: agent must NOT have additional properties \(new\)/,
    },
    {
      what: 'a repeated agent',
      change: (lines) => lines.with(3, lines[2] ?? '').join('\n'),
      why: /^line 4: agent \S+ repeats, or is not in order/,
    },
    {
      what: 'an agent from after the header',
      change: (lines) =>
        line(lines, 2, (it: { agent: { revision: number } }) => (it.agent.revision = 1000)),
      why: /^line 3: revision 1000 is after that of the header/,
    },
    {
      what: 'an agent too few',
      change: (lines) => lines.toSpliced(3, 1).join('\n'),
      why: /^line 6: it must have required property 'agent'/,
    },
    {
      what: 'a gap in the history',
      change: (lines) => lines.toSpliced(9, 1).join('\n'),
      why: /^line 10: it has revision 5 instead of 4/,
    },
    {
      what: 'a file cut off between two lines',
      change: (lines) => `${lines.slice(0, -2).join('\n')}\n`,
      why: /^line \d+: the export is cut off: 1 more transitions should follow/,
    },
    {
      what: 'a file cut off in a line',
      change: (lines) => lines.join('\n').slice(0, -20),
      why: /^line \d+: the export is cut off in it/,
    },
    {
      what: 'a line too many',
      change: (lines) => [...lines.slice(0, -1), lines.at(-2)].join('\n'),
      why: /^line \d+: the export should end before it/,
    },
    {
      what: 'a huge line',
      change: (lines) => lines.with(2, `"${'x'.repeat(1_100_000)}"`).join('\n'),
      why: /^line 3: it is longer than 1048576 bytes/,
    },
  ])('because it is $what, changes nothing', async ({ change, why }) => {
    const text = change((await exported(source)).split('\n'))
    const path = folder.file('target.db')
    const schema = `case_${++files}`
    const into = (db: string) => imported(db, text, { schema }).catch(({ message }) => message)
    expect(await into(`sqlite:///${path}`)).toMatch(why)
    expect(await into(database.url)).toMatch(why)
    // Neither is left behind, or is still empty.
    await expect(exported(`sqlite:///${path}`)).rejects.toThrow(/does not exist/)
    await imported(database.url, await exported(source), { schema })
  })

  test('because a line is not UTF-8, has its number', async () => {
    const bytes = Buffer.from(await exported(source))
    bytes[bytes.indexOf('\n') + 20] = 0xff
    async function* chunks() {
      yield bytes
    }
    const path = folder.file('utf8.db')
    const importing = importRegistry({ db: `sqlite:///${path}`, from: chunks() })
    await expect(importing).rejects.toThrow(/^line 2: it is not valid UTF-8/)
    rmSync(path, { force: true })
  })
})
