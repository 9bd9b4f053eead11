import { afterEach, beforeEach } from 'vitest'
import { type FreshDatabase, freshDatabase } from './shared-postgres.ts'

/** Gives every test of a file an empty database of its own. Call it at the top of the file. */
export function databasePerTest(): { readonly url: string } {
  let database: FreshDatabase
  beforeEach(async () => {
    database = await freshDatabase()
  })
  afterEach(() => database[Symbol.asyncDispose]())
  return {
    get url() {
      return database.url
    },
  }
}
