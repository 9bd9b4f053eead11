import { existsSync } from 'node:fs'
import { copyFile, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { exchangeTables } from '../history-forks/support/table-copy.ts'
import { queryOnce } from '../postgres/support/postgres-client.ts'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'

/** An empty storage for one registry, removed when disposed. */
export interface FreshStore extends AsyncDisposable {
  /** The value of `--db`. */
  readonly url: string
  /** An empty working directory for processes. */
  readonly folder: string
  /** Deletes all data; no registry may be using it. */
  lose(): Promise<void>
  /**
   * Exchanges the data and a copy, which then are two histories that have forked. The first call only
   * makes the copy. No registry may be using a file; nodes may be running on a database.
   */
  exchange(): Promise<void>
  /**
   * Describes inconsistencies in the data, after whatever happened to the processes that wrote it.
   */
  faults(): Promise<string[]>
}

/** Differences between the counters and the rows that they count. */
const COUNTER_DIFFERENCES = `
  SELECT registered - (SELECT count(*) FROM rollcall.agents) AS registered,
    expired - (SELECT count(*) FROM rollcall.agents WHERE expired) AS expired,
    revision - (SELECT max(revision) FROM rollcall.transitions) AS revision
  FROM rollcall.registry`

/** The stores that tests run on, by the values of `ROLLCALL_TEST_STORE`. */
const STORES = { sqlite: freshFile, postgres: freshPostgres } as const

export type StoreName = keyof typeof STORES

/** The store of this test run. */
export const STORE = storeName(process.env.ROLLCALL_TEST_STORE ?? 'sqlite')

/** Creates an empty storage; by default in the store of this run. */
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
      // Includes the files next to it: the write-ahead log, its index, the lock.
      const files = (await readdir(folder)).filter((name) => name.startsWith('agents.db'))
      await Promise.all(files.map((name) => rm(join(folder, name))))
    },
    exchange: () => exchangeFiles(file),
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
  // On a busy machine connecting may be slow.
  const url = `${database.url}?connect_timeout=15`
  return {
    folder,
    url,
    lose: async () => {
      await queryOnce(url, 'DROP SCHEMA IF EXISTS rollcall, copy CASCADE')
    },
    exchange: () => exchangeTables(url),
    faults: async () => {
      const [counted] = await queryOnce<Record<string, string>>(url, COUNTER_DIFFERENCES)
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

/** Exchanges a file, with its write-ahead log, and a copy of both. */
async function exchangeFiles(file: string): Promise<void> {
  const isCopied = existsSync(`${file}.copy`)
  for (const suffix of ['', '-wal']) {
    const [own, copy] = [`${file}${suffix}`, `${file}.copy${suffix}`]
    if (!isCopied) {
      if (existsSync(own)) await copyFile(own, copy)
      continue
    }
    if (existsSync(own)) await rename(own, `${copy}.new`)
    if (existsSync(copy)) await rename(copy, own)
    if (existsSync(`${copy}.new`)) await rename(`${copy}.new`, copy)
  }
  await rm(`${file}-shm`, { force: true })
}

function storeName(given: string): StoreName {
  if (Object.hasOwn(STORES, given)) return given as StoreName
  throw new Error(`ROLLCALL_TEST_STORE is ${given}; use one of ${Object.keys(STORES).join(', ')}`)
}

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'rollcall-store-'))

const remove = (folder: string) => rm(folder, { recursive: true, force: true })
