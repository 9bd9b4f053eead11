import { expect, test } from 'vitest'
import { queryOnce } from './support/postgres-client.ts'
import { freshDatabase } from './support/shared-postgres.ts'

test('each test gets an empty database', async () => {
  await using one = await freshDatabase()
  await using other = await freshDatabase()
  await queryOnce(one.url, 'CREATE TABLE agents (id text)')
  const tables = `SELECT tablename FROM pg_tables WHERE schemaname = 'public'`
  expect(await queryOnce(one.url, tables)).toEqual([{ tablename: 'agents' }])
  expect(await queryOnce(other.url, tables)).toEqual([])
})

test('a database is dropped at the end of its test', async () => {
  const database = await freshDatabase()
  await database[Symbol.asyncDispose]()
  await expect(queryOnce(database.url, 'SELECT')).rejects.toThrow('does not exist')
})

test('databases can be created concurrently', async () => {
  await using databases = new AsyncDisposableStack()
  const urls = await Promise.all(
    Array.from({ length: 10 }, async () => databases.use(await freshDatabase()).url),
  )
  expect(new Set(urls).size).toBe(10)
})
