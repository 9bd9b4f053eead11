import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Measurement, median, type Size } from './report.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Where the results are that README.md shows, from the root of the repository. */
export const RESULTS_FOLDER = relative(ROOT, fileURLToPath(new URL('results', import.meta.url)))

/** One row, as it was measured. */
export interface SavedRow extends Measurement {
  readonly title: string
  /** When it had been measured. */
  readonly date: string
  /** Of the repository; `…-dirty` with changes that are in no commit. */
  readonly commit: string
  readonly node: string
  /** What made the load. */
  readonly generator: string
  readonly sizeName: string
  readonly size: Size
  /** Of the raw values in `samples`. */
  readonly medians: Readonly<Record<string, number>>
}

/** What was measured on machines with one processor. */
export interface Results {
  readonly processor: string
  readonly cores: number
  /** By name; each the last one that was saved. */
  readonly rows: Readonly<Record<string, SavedRow>>
}

/** Returns what this machine is, as results name it. */
export function thisMachine(): { processor: string; cores: number } {
  return { processor: cpus()[0]?.model.trim() ?? 'unknown processor', cores: cpus().length }
}

/**
 * Saves a row to the file of this machine's processor, in place of the last one of that name. Each
 * row is saved when it is there: a run of half an hour may be broken off.
 *
 * @param folder made when it is missing; relative to the root of the repository
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

/** Reads all results of a folder; none when there is no such folder. */
export function readResults(folder: string): Results[] {
  const path = resolve(ROOT, folder)
  if (!existsSync(path)) return []
  const files = readdirSync(path).filter((name) => name.endsWith('.json'))
  return files.sort().map((name) => JSON.parse(readFileSync(join(path, name), 'utf8')))
}

/** Returns the commit of the working tree; ask before the first row is saved, which changes the tree. */
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
