import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** One row of docs/node-versions.md. */
export interface VersionRow {
  /** The component that the row is about. */
  readonly what: string
  /** The supported versions as text, such as `22.14, 24 or newer`. */
  readonly versions: string
  /** The same in the syntax of an `engines` field. */
  readonly engines: string
  /** The oldest release of each line in the row, such as `22.14.0` and `24.0.0`. */
  readonly oldest: readonly string[]
}

/** Parses the table of docs/node-versions.md: client, server and this repository, in that order. */
export function readVersionTable(): VersionRow[] {
  const page = readFileSync(join(ROOT, 'docs/node-versions.md'), 'utf8')
  return [...page.matchAll(/^\| (.+?) +\| (.+ or newer) +\|$/gm)].map(
    ([, what = '', versions = '']) => {
      const oldest = versions
        .replace(' or newer', '')
        .split(', ')
        .map((version) => [...version.split('.'), '0', '0'].slice(0, 3).join('.'))
      const bounds = oldest.map((version, at) => (at < oldest.length - 1 ? '^' : '>=') + version)
      return { what, versions, engines: bounds.join(' || '), oldest }
    },
  )
}
