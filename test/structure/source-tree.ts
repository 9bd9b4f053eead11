import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSourceModule, type SourceModule } from './source-module.ts'

const PACKAGES = join(import.meta.dirname, '..', '..', 'packages')

/** Every source file of every package. */
export function readSourceTree(): SourceModule[] {
  return globSync('*/src/**/*.{ts,tsx,js,jsx,mts,cts}', { cwd: PACKAGES }).map((path) =>
    readSourceModule(path.replaceAll('\\', '/'), readFileSync(join(PACKAGES, path), 'utf8')),
  )
}
