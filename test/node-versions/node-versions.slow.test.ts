import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { runRollcall } from '../e2e/support/rollcall-command.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { ExampleProcess } from '../examples/example-process.ts'
import { installNodes } from './nodes.ts'
import { ROOT, readVersionTable } from './version-table.ts'

const [client, server, repository] = readVersionTable().map(({ oldest }) => oldest[0] ?? '')
const { releases, missing } = await installNodes()
const nodes = [...releases, { version: process.versions.node, path: process.execPath }]

const supports = (version: string, oldest = '') =>
  version.localeCompare(oldest, 'en', { numeric: true }) >= 0

if (missing !== undefined) {
  console.warn(`NOT RUN on other releases of Node: ${missing}`)
  test.skip(`NOT RUN on other releases of Node: ${missing}`)
} else {
  test('the oldest release of each row of the table, and the newest of each line, are installed', () => {
    const versions = nodes.map(({ version }) => version)
    expect(versions).toEqual(expect.arrayContaining([client, server, repository]))
    expect(new Set(versions.map((version) => version.split('.')[0]))).toEqual(
      new Set(['20', '22', '24', '26']),
    )
  })
}

describe.each(nodes)('on Node $version', ({ version, path }) => {
  test('the release has the expected version, and is supported', async () => {
    await using node = new ExampleProcess([path, '--version'], {})
    await node.exit
    expect(node.output).toBe(`v${version}\n`)
    expect(supports(version, client)).toBe(true)
  })

  test('an agent and its consumers can use every feature of the client', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const script = join(import.meta.dirname, 'client-life.mjs')
    await using life = new ExampleProcess([path, script], { REGISTRY_URL: registry.url })

    expect(await life.exit, life.output).toEqual({ code: 0, signal: null })
    expect(life.output).toContain(`ok: v${version}\n`)
  })

  test('100 000 heartbeats leak no memory', async () => {
    const script = join(import.meta.dirname, 'client-memory.mjs')
    await using beats = new ExampleProcess([path, '--expose-gc', script], {})
    expect(await beats.exit, beats.output).toEqual({ code: 0, signal: null })
  })

  if (supports(version, server)) {
    test('a registry keeps its agents in SQLite', async () => {
      using folder = new TemporaryFolder()
      const start = { cwd: folder.path, node: [path] }
      const agent = { agent_id: 'kept', agent_name: 'Kept', host: '127.0.0.1', port: 8000 }
      {
        await using registry = await RegistryProcess.start(start)
        expect((await registry.http.send('POST', '/agents/register', agent)).status).toBe(200)
        expect(await registry.stop(), registry.output).toEqual({ code: 0, signal: null })
      }
      await using registry = await RegistryProcess.start(start)
      const env = { REGISTRY_URL: registry.url }
      const { code, stdout, stderr } = await runRollcall(['list'], { ...start, env })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('kept')
    })
  } else {
    test('the command names the version it needs', async () => {
      using folder = new TemporaryFolder()
      const { code, stderr } = await runRollcall(['serve'], { cwd: folder.path, node: [path] })
      expect(code).toBe(1)
      expect(stderr).toMatch(/^rollcall needs Node\.js [^\n]* or newer; this is [^\n]*\n$/)
    })
  }

  // The release that runs this test also runs those tests directly.
  if (path === process.execPath) return

  test('the code in the README and the guides works', async () => {
    const agentsOnly = ['--testNamePattern', 'from the documentation']
    const options = supports(version, server) ? [] : agentsOnly
    await runTests(path, ['test/examples/snippets.test.ts', ...options])
  })

  if (supports(version, repository)) {
    test('the examples work', async () => {
      await runTests(path, ['test/examples/examples.test.ts'])
    })
  }
})

/** Runs tests of examples, with the examples on another Node. */
async function runTests(node: string, options: readonly string[]): Promise<void> {
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
  const env = Object.entries(process.env).filter(([name]) => !/^VITEST|^NODE_|COLOR/.test(name))
  const child = spawn(process.execPath, [vitest, 'run', '--project', 'once', ...options], {
    cwd: ROOT,
    env: { ...Object.fromEntries(env), ROLLCALL_EXAMPLES_NODE: node, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
  }
  const code = await new Promise((resolve) => child.once('close', resolve))
  expect(code, output).toBe(0)
  // A pattern without a match would pass, too.
  expect(output).toMatch(/Tests\D+[1-9]\d* passed/)
}
