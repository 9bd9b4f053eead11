// Builds the dashboard into the static files that the server package contains, unless nothing it is made of has changed:
// many tests build first.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const PAGE = join(ROOT, 'packages/server/dashboard/index.html')
const STAMP = join(ROOT, 'node_modules/.cache/rollcall-dashboard')
const SOURCES = [
  'package-lock.json',
  'packages/dashboard/{src,index.html,vite.config.ts}{,/**}',
  'packages/{client,protocol}/src/**',
]

const digest = digestOfSources()
if (!existsSync(PAGE) || !existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== digest) {
  execFileSync('npm', ['run', '--silent', 'build', '-w', 'packages/dashboard'], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, digest)
}

function digestOfSources(): string {
  const hash = createHash('sha256')
  const files = globSync(SOURCES, { cwd: ROOT, withFileTypes: true }).filter((it) => it.isFile())
  for (const path of files.map((it) => join(it.parentPath, it.name)).toSorted()) {
    hash.update(path.slice(ROOT.length)).update('\0').update(readFileSync(path)).update('\0')
  }
  return hash.digest('hex')
}
