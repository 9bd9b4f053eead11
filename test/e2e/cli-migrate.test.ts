// `rollcall migrate`: its output, its checks, and the state after it is killed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { HAS_TERMINAL, TERMINAL } from '../examples/guide-terminal.ts'
import { eventually } from '../http/support/eventually.ts'
import { queryOnce, withClient } from '../postgres/support/postgres-client.ts'
import { freshDatabase } from '../postgres/support/shared-postgres.ts'
import { registration } from './support/http-client.ts'
import { migrate } from './support/migrate-command.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { ROLLCALL, spawnRollcall } from './support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from './support/temporary-folder.ts'

describe('a small registry', () => {
  async function withFile(
    use: (at: { folder: TemporaryFolder; from: string; to: string }) => Promise<void>,
  ): Promise<void> {
    using folder = new TemporaryFolder()
    await using database = await freshDatabase()
    const from = sqliteUrl(folder.file('a.db'))
    const registry = await RegistryProcess.start({ cwd: folder.path, db: from })
    await registry.http.send('POST', '/agents/register', registration('a'))
    await registry.http.send('POST', '/agents/register', registration('b'))
    await registry.stop()
    await use({ folder, from, to: database.url })
  }

  test('is migrated, and the next step is printed without the password', async () => {
    await withFile(async ({ folder, from, to }) => {
      const args = ['--from', from, '--to', to, '--db-schema', 'moved']
      const { code, stdout, stderr } = await migrate(args, folder.path)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      const { host, pathname } = new URL(to)
      expect(stdout).toBe(
        'moved 2 agents (2 alive) and 2 transitions\n' +
          `start it with: rollcall serve --db postgres://***@${host}${pathname} --db-schema moved\n`,
      )
      const again = await migrate(args, folder.path)
      expect(again).toMatchObject({ code: 1, stdout: '' })
      expect(again.stderr).toMatch(/^rollcall: .* already contains a registry[^\n]*\n$/)
      expect(again.stderr).not.toContain(new URL(to).password)
    })
  })

  test('whose migration is killed halfway is intact, and can be migrated again', async () => {
    await withFile(async ({ folder, from, to }) => {
      // Creates the schema.
      const node = await RegistryProcess.start({ cwd: folder.path, db: to })
      await node.stop()
      await withClient(to, async (admin) => {
        await admin.query('BEGIN')
        await admin.query('LOCK TABLE rollcall.transitions IN SHARE MODE')
        const moving = spawnRollcall(['migrate', '--from', from, '--to', to], { cwd: folder.path })
        const backends = (condition: string) =>
          queryOnce(
            to,
            `SELECT FROM pg_stat_activity WHERE datname = current_database() AND ${condition}`,
          )
        await eventually(() => backends("wait_event_type = 'Lock'")).toHaveLength(1)
        moving.kill('SIGKILL')
        await admin.query('ROLLBACK')
        await eventually(() => backends("application_name = 'rollcall'")).toHaveLength(0)
      })
      expect(await queryOnce(to, 'SELECT FROM rollcall.agents')).toHaveLength(0)
      expect(await queryOnce(to, 'SELECT FROM rollcall.transitions')).toHaveLength(0)
      const { stdout } = await migrate(['--from', from, '--to', to], folder.path)
      expect(stdout).toContain('moved 2 agents (2 alive) and 2 transitions')
    })
  })

  test('that is still running is not touched, and its process id is printed', async () => {
    using folder = new TemporaryFolder()
    await using database = await freshDatabase()
    const from = sqliteUrl(folder.file('a.db'))
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: from })
    const args = ['--from', from, '--to', database.url, '--json']
    const { code, stdout, stderr } = await migrate(args, folder.path)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'STORAGE_UNUSABLE',
        message: expect.stringContaining(`in use by another Rollcall (process ${registry.pid})`),
      },
    })
  })

  test('that does not exist is not created', async () => {
    using folder = new TemporaryFolder()
    const args = ['--from', 'sqlite:///nowhere.db', '--to', 'postgres://user@127.0.0.1:1/x']
    const { code, stderr } = await migrate(args, folder.path)
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'rollcall: nowhere.db does not exist: check the path\n',
    })
    expect(existsSync(folder.file('nowhere.db'))).toBe(false)
  })

  test.each([
    { args: ['--db-schema', 'a'.repeat(70)], message: '--db-schema must be at most 51 characters' },
    { args: ['--db-schema', 'Upper'], message: 'lowercase letters, digits and _' },
    { args: ['--to', 'mysql://me:se/cret@host/x'], message: 'mysql://***@host/x' },
    { args: ['--from', 'file:///x.db'], message: 'is not a supported storage URL' },
  ])('with an invalid source or target exits with 2: $args', async ({ args, message }) => {
    using folder = new TemporaryFolder()
    const urls = ['--from', 'sqlite:///nowhere.db', '--to', 'postgres://user@127.0.0.1:1/x']
    const { code, stderr } = await migrate([...urls, ...args], folder.path)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
  })

  test.skipIf(!HAS_TERMINAL)(`shows its progress on ${TERMINAL}`, async () => {
    await withFile(async ({ folder, from, to }) => {
      const command = `'${process.execPath}' '${ROLLCALL}' migrate --from '${from}' --to '${to}'`
      const shell = spawn('script', ['-qec', command, '/dev/null'], { cwd: folder.path })
      const shown = await text(shell.stdout)
      expect(shown).toMatch(/agents +█+ 2 of 2/)
      expect(shown).toMatch(/transitions +█+ 2 of 2/)
      // It is removed at the end.
      expect(shown).toContain('\r\x1b[Kmoved 2 agents')
    })
  })
})
