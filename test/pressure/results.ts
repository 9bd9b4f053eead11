import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { thisMachine } from '../../bench/results.ts'
import type { Outcome } from './outcome.ts'

const FOLDER = fileURLToPath(new URL('results', import.meta.url))

/** What every attack did to one version of the registry. */
export interface Results {
  readonly processor: string
  readonly cores: number
  readonly node: string
  /** Of the version that was attacked. */
  readonly commit: string
  /** By attack and store; each the last one that was saved. */
  readonly outcomes: Readonly<Record<string, Outcome>>
}

/** Reads the results of a label; undefined: there are none. */
export function readResults(label: string, folder = FOLDER): Results | undefined {
  const file = join(folder, `${label}.json`)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

/**
 * Saves what an attack did, in place of the last time. Each is saved when it is there: a run may be
 * broken off.
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
