// The card of an agent is the same, byte for byte, wherever its registry is copied to.
import Database from 'better-sqlite3'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { queryOnce } from '../../../../../test/postgres/support/postgres-client.ts'
import {
  type FreshDatabase,
  freshDatabase,
} from '../../../../../test/postgres/support/shared-postgres.ts'
import { copyRegistry } from '../../../src/storage/copy/copy-registry.ts'
import { createStorageBackend } from '../../../src/storage/create-storage-backend.ts'
import { exportRegistry } from '../../../src/storage/export/export-registry.ts'
import { importRegistry } from '../../../src/storage/export/import-registry.ts'
import { backUpFile } from '../../../src/storage/sqlite/backup/backup.ts'
import { registration } from '../sample-registration.ts'

const TEXT = '{ "name" :"A\\u0065\u2028", "b": 1.0,\n\t"a": [ ], "1": "é🛰" }\n'
const CARD = { text: TEXT, format: 'a2a-1.0', words: 'Translate' }

let folder: TemporaryFolder
let database: FreshDatabase
let source: string
beforeAll(async () => {
  folder = new TemporaryFolder()
  database = await freshDatabase()
  source = `sqlite:///${folder.file('source.db')}`
  await using store = await createStorageBackend(source)
  await store.add(registration({ agentId: 'with', card: CARD, tags: ['papers'] }))
  await store.add(registration({ agentId: 'without' }))
  await store.add(registration({ agentId: 'removed', card: CARD }))
  await store.delete('removed')
})
afterAll(async () => {
  folder[Symbol.dispose]()
  await database[Symbol.asyncDispose]()
})

async function expectCards(db: string, schema?: string): Promise<void> {
  await using store = await createStorageBackend(db, { schema })
  const { card, tags } = (await store.get('with')) ?? {}
  expect(await store.card('with')).toBe(TEXT)
  expect(card).toMatchObject({ format: CARD.format, words: CARD.words })
  expect(tags).toEqual(['papers'])
  expect(await store.card('without')).toBeUndefined()
  expect(await store.card('removed')).toBeUndefined()
}

async function exported(db: string, schema?: string): Promise<string> {
  let text = ''
  const write = (lines: string) => {
    text += lines
  }
  await exportRegistry({ db, schema, write })
  return text
}

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

/** No card without an agent: nothing would ever remove it. */
test('a file has the cards of its agents, and no others', () => {
  using db = opened(folder.file('source.db'))
  expect(db.prepare('SELECT agent_id FROM cards').pluck().all()).toEqual(['with'])
})

test('a database has the cards of its agents, and no others', async () => {
  await using store = await createStorageBackend(database.url, { schema: 'emptied' })
  for (const agentId of ['a', 'b', 'c']) await store.add(registration({ agentId, card: CARD }))
  await store.delete('a')
  await store.setCard('b', null)
  const rows = await queryOnce(database.url, 'SELECT agent_id FROM emptied.cards')
  expect(rows).toEqual([{ agent_id: 'c' }])
})

test('after a copy to PostgreSQL, and an export and import back to a file', async () => {
  await copyRegistry({ from: source, to: database.url, schema: 'copied' })
  await expectCards(database.url, 'copied')
  const text = await exported(database.url, 'copied')
  const db = `sqlite:///${folder.file('imported.db')}`
  await importRegistry({ db, from: bytesOf(text) })
  await expectCards(db)
})

test('after an import into PostgreSQL', async () => {
  const text = await exported(source)
  await importRegistry({ db: database.url, schema: 'imported', from: bytesOf(text) })
  await expectCards(database.url, 'imported')
})

test('in a backup', async () => {
  const to = folder.file('backup.db')
  await backUpFile({ from: folder.file('source.db'), to })
  await expectCards(`sqlite:///${to}`)
})

test('an export whose agent lacks its card is refused, and nothing is imported', async () => {
  const text = (await exported(source)).replace(/,"card":"[^\n]*"\}\n/, '}\n')
  const db = `sqlite:///${folder.file('refused.db')}`
  await expect(importRegistry({ db, from: bytesOf(text) })).rejects.toThrow(/lacks its card/)
})

function opened(file: string): Database.Database & Disposable {
  const db = new Database(file, { readonly: true })
  return Object.assign(db, { [Symbol.dispose]: () => void db.close() })
}
