import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Measurement, median, type Size } from './report.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The folder of the results that README.md shows, relative to the root of the repository. */
export const RESULTS_FOLDER = relative(ROOT, fileURLToPath(new URL('results', import.meta.url)))

/** The saved result of one row. */
export interface SavedRow extends Measurement {
  readonly title: string
  /** The end of the measurement, RFC 3339. */
  readonly date: string
  /** The commit of the repository; `…-dirty` with uncommitted changes. */
  readonly commit: string
  readonly node: string
  /** The load generator. */
  readonly generator: string
  readonly sizeName: string
  readonly size: Size
  /** The medians of `samples`. */
  readonly medians: Readonly<Record<string, number>>
}

/** The results of machines with one processor model. */
export interface Results {
  readonly processor: string
  readonly cores: number
  /** The rows by name; each is the latest one saved. */
  readonly rows: Readonly<Record<string, SavedRow>>
}

/** Returns the processor model and the number of cores of this machine. */
export function thisMachine(): { processor: string; cores: number } {
  return { processor: cpus()[0]?.model.trim() ?? 'unknown processor', cores: cpus().length }
}

/**
 * Saves a row to the file of this machine's processor and replaces the previous row of that name.
 * Each row is saved as soon as it is measured, because a run takes half an hour and may be interrupted.
 *
 * @param folder created if missing; relative to the root of the repository
 */
export function saveRow(
  folder: string,
  name: string,
  row: Omit<SavedRow, 'date' | 'node' | 'medians'>,
): void {
  const { processor, cores } = thisMachine()
  const file = join(
    resolve(ROOT, folder),
    `${processor.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}-${cores}.json`,
  )
  const before: Results = existsSync(file)
    ? JSON.parse(readFileSync(file, 'utf8'))
    : { processor, cores, rows: {} }
  const medians = Object.entries(row.samples).map(([sample, values]) => [sample, median(values)])
  const saved = {
    ...row,
    date: new Date().toISOString(),
    node: process.version,
    medians: Object.fromEntries(medians),
  }
  mkdirSync(resolve(ROOT, folder), { recursive: true })
  const results = { ...before, rows: { ...before.rows, [name]: saved } }
  writeFileSync(file, `${JSON.stringify(results, undefined, 1)}\n`)
}

/** Reads all results of a folder; returns none if the folder does not exist. */
export function readResults(folder: string): Results[] {
  const path = resolve(ROOT, folder)
  if (!existsSync(path)) return []
  const files = readdirSync(path).filter((name) => name.endsWith('.json'))
  return files.sort().map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')))
}

/** Returns the commit of the working tree. Call it before the first row is saved, which changes the tree. */
export function currentCommit(): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}
