// The commands for a whole fleet, `demo`, `top` and `doctor`, with a real registry and without a
// terminal.
import { writeFileSync } from 'node:fs'
import type { Health } from '@rollcall/protocol'
import { describe, expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall, spawnRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

async function agentsOf(registry: RegistryProcess): Promise<number> {
  return (await registry.http.get<Health>('/health')).body.active_agents
}

test('demo fills a registry, top counts its agents, and Ctrl-C deregisters all of them', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const env = { REGISTRY_URL: registry.url }
  const options = { cwd: folder.path, env }
  const demo = spawnRollcall(['demo', '--agents', '40', '--churn'], options)
  const ended = new Promise((resolve) => demo.once('close', resolve))
  await eventually(() => agentsOf(registry)).toBeGreaterThanOrEqual(40)

  const { code, stdout } = await runRollcall(['top', '--json'], options)
  const overview = JSON.parse(stdout)
  expect(code).toBe(0)
  expect(overview.registry).toBe(registry.url)
  expect(overview.agents).toBeGreaterThanOrEqual(38)
  const count = (tallies: { count: number }[]) => tallies.reduce((sum, it) => sum + it.count, 0)
  expect(count(overview.statuses)).toBe(overview.agents)
  expect(overview.capabilities.length).toBeGreaterThan(3)

  demo.kill('SIGINT')
  expect(await ended).toBe(0)
  expect(await agentsOf(registry)).toBe(0)
})

test.each(['demo', 'top'])('%s without a registry fails with one line', async (command) => {
  using folder = new TemporaryFolder()
  const args = [command, '--registry', 'http://127.0.0.1:2']
  const { code, stdout, stderr } = await runRollcall(args, { cwd: folder.path })
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toMatch(/^rollcall: cannot reach http:\/\/127\.0\.0\.1:2: [^\n]+\n$/)
})

describe('doctor', () => {
  /** Returns the verdicts by topic, and the exit code. */
  async function examine(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
    const { code, stdout } = await runRollcall(['doctor', '--json', ...args], { cwd, env })
    const { ok, findings } = JSON.parse(stdout)
    const verdicts: Record<string, string> = Object.fromEntries(
      findings.map(({ topic, verdict }: { topic: string; verdict: string }) => [topic, verdict]),
    )
    return { code, ok, verdicts, findings }
  }

  test('reports ok for a healthy registry', async () => {
    using folder = new TemporaryFolder()
    const db = sqliteUrl(folder.file('a.db'))
    await using registry = await RegistryProcess.start({ cwd: folder.path, db })
    const env = { REGISTRY_URL: registry.url }
    const { code, ok, verdicts, findings } = await examine(folder.path, [], env)
    expect({ code, ok }).toEqual({ code: 0, ok: true })
    expect([...new Set(Object.values(verdicts))]).toEqual(['ok'])
    expect(findings[0].message).toBe(`${registry.url}, from REGISTRY_URL`)
    await registry.stop()
    const afterStop = await examine(folder.path, ['--db', db], env)
    expect(afterStop).toMatchObject({ code: 1, ok: false })
    expect(afterStop.verdicts).toMatchObject({ reachable: 'fail', database: 'ok' })
  })

  test.each([
    { title: 'does not exist', content: undefined },
    { title: 'is not a database', content: 'a letter to my grandmother'.repeat(10) },
  ])('fails for a file that $title', async ({ content }) => {
    using folder = new TemporaryFolder()
    const file = folder.file('a.db')
    if (content !== undefined) writeFileSync(file, content)
    const args = ['--registry', 'http://127.0.0.1:2', '--db', sqliteUrl(file)]
    const { code, verdicts } = await examine(folder.path, args)
    expect(code).toBe(1)
    expect(verdicts.database).toBe('fail')
  })

  test('fails for a configuration file that serve would reject', async () => {
    using folder = new TemporaryFolder()
    writeFileSync(folder.file('rollcall.config.json'), '{"port": 9000,}')
    const { verdicts } = await examine(folder.path, ['--registry', 'http://127.0.0.1:2'])
    expect(verdicts['config file']).toBe('fail')
  })
})
