import { spawnSync } from 'node:child_process'
import { cpSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { reportingVersion } from './reported-version.ts'
import { ROOT, readVersionTable } from './version-table.ts'

interface Manifest {
  readonly engines?: { readonly node?: string }
}

interface Lockfile {
  readonly packages: Readonly<Record<string, Manifest & { readonly gypfile?: boolean }>>
}

const table = readVersionTable()
const [client, server, repository] = table

const manifests = [
  { folder: 'packages/client', row: client },
  { folder: 'packages/protocol', row: client },
  { folder: 'packages/server', row: server },
  { folder: 'packages/cli', row: server },
  { folder: '', row: repository },
]

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
}

const lockfile = readJson<Lockfile>('package-lock.json')

test('the table has a row for agents, one for registries and one for this repository', () => {
  expect(table.map(({ what }) => what)).toEqual([
    expect.stringMatching(/@rollcall\/client.*@rollcall\/protocol/),
    expect.stringMatching(/@rollcall\/server.*`rollcall`/),
    expect.stringMatching(/this repository.*examples/),
  ])
})

test.each(manifests)('the engines field of /$folder matches the table', ({ folder, row }) => {
  expect(readJson<Manifest>(join(folder, 'package.json')).engines?.node).toBe(row?.engines)
  expect(lockfile.packages[folder]?.engines?.node).toBe(row?.engines)
})

test('the command names the versions of the table when it refuses to run', async () => {
  using folder = new TemporaryFolder()
  const node = [process.execPath, ...reportingVersion('20.16.0')]
  const { code, stderr } = await runRollcall(['--version'], { cwd: folder.path, node })
  expect(code).toBe(1)
  expect(stderr).toContain(`rollcall needs Node.js ${server?.versions}; this is v20.16.0 `)
})

test('every page with a lower bound has one of the table', () => {
  const pages = globSync(['*.md', 'docs/*.md', 'docs/guides/*.md', 'examples/**/*.md'], {
    cwd: ROOT,
  }).filter((path) => path !== 'CHANGELOG.md')
  const known = table.flatMap(({ oldest }) => oldest)
  const mismatches = pages.flatMap((page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    const named = text.matchAll(/Node(?:\.js)? (\d+(?:\.\d+)?)\s+or\s+newer/g)
    return [...named].flatMap(([words, version]) =>
      known.includes(`${version}.0`) ? [] : [`${page}: ${words}`],
    )
  })
  expect(pages.length).toBeGreaterThan(10)
  expect(mismatches).toEqual([])
})

test.each(['README.md', 'CONTRIBUTING.md', 'examples/README.md', 'docs/guides/first-agent.md'])(
  '%s names the requirements of this repository and links the table',
  (page) => {
    const text = readFileSync(join(ROOT, page), 'utf8')
    expect(text).toMatch(new RegExp(`Node ${repository?.oldest[0]?.replace(/\.0$/, '')} or newer`))
    expect(text).toContain('node-versions.md')
  },
)

/** Returns what `npm ci` prints on a given version of Node, without installing anything. */
function installationOn(version: string): { status: number | null; stderr: string } {
  using folder = new TemporaryFolder()
  const manifests = globSync(['package.json', '{packages,scripts}/*/package.json'], { cwd: ROOT })
  for (const path of ['.npmrc', 'package-lock.json', ...manifests]) {
    cpSync(join(ROOT, path), folder.file(path))
  }
  return spawnSync('npm', ['ci', '--dry-run', '--offline', '--ignore-scripts'], {
    cwd: folder.path,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: reportingVersion(version).join(' ') },
  })
}

describe('npm ci', () => {
  test.each(repository?.oldest ?? [])(
    'on Node %s gives no warning about an unsupported engine',
    (version) => {
      const { status, stderr } = installationOn(version)
      expect({ status, warned: stderr.includes('EBADENGINE') }).toEqual({
        status: 0,
        warned: false,
      })
    },
  )

  test('on Node 20 warns that this repository needs a newer one', () => {
    const { status, stderr } = installationOn('20.20.2')
    expect(status).toBe(0)
    expect(stderr).toContain(`EBADENGINE   required: { node: '${repository?.engines}' }`)
  })

  test('compiles nothing: the lockfile marks better-sqlite3 as prebuilt', () => {
    // npm omits this from a lockfile that it writes, and versions before 12 then run node-gyp,
    // which needs Python and a compiler. If this fails after an `npm install`, restore it:
    // "gypfile": false in the entry of package-lock.json.
    expect(lockfile.packages['node_modules/better-sqlite3']?.gypfile).toBe(false)
  })
})
