import { afterEach, expect, test } from 'vitest'
import { openDatabase } from '../../../src/storage/sqlite/file/open-database.ts'

const { versions } = process

afterEach(() => {
  Object.defineProperty(process, 'versions', { value: versions })
})

function reportNodeApi(napi: string): void {
  Object.defineProperty(process, 'versions', { value: { ...versions, napi } })
}

test('SQLite is rejected on a Node with an old Node-API, where it would crash the process', () => {
  reportNodeApi('9')
  expect(() => openDatabase(':memory:')).toThrow(/^SQLite needs Node\.js 22\.14, 24 or newer; this/)
})

test.each(['10', '11'])('SQLite opens with Node-API %s', (napi) => {
  reportNodeApi(napi)
  openDatabase(':memory:').close()
})
