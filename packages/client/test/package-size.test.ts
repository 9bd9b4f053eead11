import { execFileSync, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const LIMIT_BYTES = 215_000

/** The output of `npm pack --json`. */
interface Packed {
  readonly name: string
  readonly unpackedSize: number
  readonly files: readonly { readonly path: string }[]
}

test('the client and its only dependency take at most 215 kB', () => {
  const packages = ['client', 'protocol'].map(pack)
  const bytes = packages.reduce((sum, { unpackedSize }) => sum + unpackedSize, 0)
  const parts = packages.map(({ name, unpackedSize }) => `${name} ${kilobytes(unpackedSize)}`)
  console.log(`installed: ${kilobytes(bytes)} (${parts.join(', ')})`)
  expect(bytes).toBeLessThanOrEqual(LIMIT_BYTES)
})

test('the package contains the build, but neither sources nor tests', () => {
  const paths = pack('client').files.map(({ path }) => path)
  expect(paths).toContain('dist/index.js')
  expect(paths).toContain('dist/index.d.ts')
  expect(paths).toContain('dist/node/heartbeat-thread.js')
  const unexpected = paths.filter(
    (path) => !/^(dist\/.*\.(js|d\.ts)|package\.json|[A-Z]+(\.md)?)$/.test(path),
  )
  expect(unexpected).toEqual([])
})

test('an uncaught error prints one line of the package, not the whole package', () => {
  const program = `import('@rollcall/client').then(({ AgentRegistryClient }) => AgentRegistryClient.join({}))`
  const { stderr } = spawnSync(process.execPath, ['--eval', program], {
    cwd: PACKAGE,
    encoding: 'utf8',
  })
  expect(stderr).toContain('TypeError: agentId is "undefined"')
  expect(stderr).toMatch(/\n +at resolve\w+ \(/)
  const lengths = stderr.split('\n').map(({ length }) => length)
  expect(Math.max(...lengths)).toBeLessThan(300)
})

function pack(folder: string): Packed {
  const cwd = fileURLToPath(new URL(`../../${folder}`, import.meta.url))
  const options = ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline']
  const output: unknown = JSON.parse(execFileSync('npm', options, { cwd, encoding: 'utf8' }))
  // An array up to npm 11, an object by name from npm 12 on.
  const [packed] = Object.values(output as readonly Packed[] | Record<string, Packed>)
  if (packed === undefined) throw new Error(`npm packs nothing in ${cwd}`)
  return packed
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`
}
