import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { thisMachine } from '../../bench/results.ts'
import type { Outcome } from './outcome.ts'

const FOLDER = fileURLToPath(new URL('results', import.meta.url))

/** The effect of every attack on one version of the registry. */
export interface Results {
  readonly processor: string
  readonly cores: number
  readonly node: string
  /** Commit of the version that was attacked. */
  readonly commit: string
  /** The last saved outcome by attack and store. */
  readonly outcomes: Readonly<Record<string, Outcome>>
}

/** Reads the results with a label; undefined if there are none. */
export function readResults(label: string, folder = FOLDER): Results | undefined {
  const file = join(folder, `${label}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/**
 * Saves an outcome, replacing the previous one. Each is saved immediately: a run may be
 * interrupted.
 */
export function saveOutcome(label: string, commit: string, outcome: Outcome): void {
  const before = readResults(label)?.outcomes
  const results: Results = {
    ...thisMachine(),
    node: process.version,
    commit,
    outcomes: { ...before, [`${outcome.attack} ${outcome.store}`]: outcome },
  }
  mkdirSync(FOLDER, { recursive: true })
  writeFileSync(join(FOLDER, `${label}.json`), `${JSON.stringify(results, undefined, 1)}\n`)
}

/** Returns the commit of a checkout. */
export function commitOf(folder: string): string {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty', '--exclude=*'], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  } catch {
    return 'unknown'
  }
}
