import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'

/** An empty place for the data of one registry; it is gone with the test. */
export interface FreshStore extends AsyncDisposable {
  /** What `--db` takes. */
  readonly url: string
  /** An empty folder, for processes to work in. */
  readonly folder: string
  /** Throws everything away that is kept; no registry may be using it. */
  lose(): Promise<void>
  /** What is wrong with the data, in words, after whatever was done to those who wrote them. */
  faults(): Promise<string[]>
}

/** By how much the counters are off what they count. */
const COUNTED = `
  SELECT registered - (SELECT count(*) FROM rollcall.agents) AS registered,
    expired - (SELECT count(*) FROM rollcall.agents WHERE expired) AS expired,
    revision - (SELECT max(revision) FROM rollcall.transitions) AS revision
  FROM rollcall.registry`

/** The stores that a test can run on, by the values of `ROLLCALL_TEST_STORE`. */
const STORES = { sqlite: freshFile, postgres: freshPostgres } as const

export type StoreName = keyof typeof STORES

/** The store that this run of a test is about. */
export const STORE = storeName(process.env.ROLLCALL_TEST_STORE ?? 'sqlite')

/** A place in a store; by default in the one that this run is about. */
export function freshStore(store: StoreName = STORE): Promise<FreshStore> {
  return STORES[store]()
}

async function freshFile(): Promise<FreshStore> {
  const folder = await temporaryFolder()
  const file = join(folder, 'agents.db')
  return {
    folder,
    url: `sqlite:///${file}`,
    lose: async () => {
      // With what belongs to it: the log, its index, the lock.
      const files = (await readdir(folder)).filter((name) => name.startsWith('agents.db'))
      await Promise.all(files.map((name) => rm(join(folder, name))))
    },
    faults: async () => {
      const database = new Database(file)
      const found = database.prepare<[], string>('PRAGMA integrity_check').pluck().all()
      database.close()
      return found.filter((fault) => fault !== 'ok')
    },
    [Symbol.asyncDispose]: () => remove(folder),
  }
}

async function freshPostgres(): Promise<FreshStore> {
  const database = await freshDatabase()
  const folder = await temporaryFolder()
  // A machine that is busy with other tests may take its time to connect.
  const url = `${database.url}?connect_timeout=15`
  return {
    folder,
    url,
    lose: async () => {
      await queryOnce(url, 'DROP SCHEMA IF EXISTS rollcall CASCADE')
    },
    faults: async () => {
      const [counted] = await queryOnce<Record<string, string>>(url, COUNTED)
      return Object.entries(counted ?? {}).flatMap(([what, difference]) =>
        difference === '0' ? [] : `${what} is off by ${difference}`,
      )
    },
    [Symbol.asyncDispose]: async () => {
      await database[Symbol.asyncDispose]()
      await remove(folder)
    },
  }
}

function storeName(given: string): StoreName {
  if (Object.hasOwn(STORES, given)) return given as StoreName
  throw new Error(`ROLLCALL_TEST_STORE is ${given}; known are ${Object.keys(STORES).join(', ')}`)
}

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'rollcall-store-'))

const remove = (folder: string) => rm(folder, { recursive: true, force: true })
