// The command as users and scripts see it: what it prints, where, and its exit code.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { SETTINGS } from '@rollcall/server'
import { describe, expect, test } from 'vitest'
import { reportingVersion } from '../node-versions/reported-version.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const CONFIG_FILE = 'rollcall.config.json'

/** Runs the command in an empty folder. */
async function rollcall(...args: string[]) {
  using folder = new TemporaryFolder()
  return await runRollcall(args, { cwd: folder.path })
}

describe.concurrent('help and version', () => {
  test('without arguments it prints its help', async () => {
    const { code, stdout, stderr } = await rollcall()
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^Usage: rollcall /)
    expect(stdout).toContain('rollcall serve')
    expect(await rollcall('--help')).toMatchObject({ code: 0, stdout, stderr: '' })
  })

  test('--version prints the version of the package', async () => {
    const manifest = new URL('../../packages/cli/package.json', import.meta.url)
    const { version } = JSON.parse(readFileSync(manifest, 'utf8'))
    expect(await rollcall('--version')).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
      stderr: '',
    })
  })

  test('serve --help describes every option with its variable and default, in 80 columns', async () => {
    const { code, stdout, stderr } = await rollcall('serve', '--help')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    const text = stdout.replaceAll(/\s+/g, ' ')
    for (const { flag, variable, rule } of SETTINGS) {
      const isSwitch = rule.type === 'boolean'
      expect(text).toContain(isSwitch ? `--${flag} ` : `--${flag} <`)
      expect(text).toContain(isSwitch ? `(${variable})` : `(default: ${rule.default}; ${variable})`)
    }
    expect(text).toContain('--config <file>')
    expect(text).toContain('ROLLCALL_CONFIG')
    const headings = stdout.split('\n').filter((line) => /^[A-Z].*:$/.test(line))
    expect(headings).toEqual([
      ...['Options:', 'Where it listens:', 'What it serves:', 'Catalogs:', 'Webhooks:'],
      ...['Who may call:', 'JSON Web Tokens:'],
      ...['TLS and client certificates:', 'Store and leases:', 'Backups:', 'Limits:', 'Log:'],
      'Examples:',
    ])
  })
})

describe.concurrent('with invalid arguments', () => {
  test.each([
    { args: ['sevre'], message: "unknown command 'sevre'" },
    { args: ['--nonsense'], message: "unknown option '--nonsense'" },
    { args: ['serve', '--nonsense', '1'], message: "unknown option '--nonsense'" },
    { args: ['serve', 'nonsense'], message: 'nonsense' },
    { args: ['serve', '--port'], message: '--port' },
  ])('it names the argument and exits with 2: $args', async ({ args, message }) => {
    const { code, stdout, stderr } = await rollcall(...args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr).not.toContain('    at ')
  })

  test('it reports all invalid settings at once, whatever their source', async () => {
    using folder = new TemporaryFolder()
    const file = { 'log-level': 'loud', 'restart-grace': '30', unheard: true }
    writeFileSync(folder.file(CONFIG_FILE), JSON.stringify(file))
    const { code, stdout, stderr } = await runRollcall(
      ['serve', '--port', '70000', '--history-limit', '10.5', '--db', 'sqlite:///a.db'],
      { cwd: folder.path, env: { ROLLCALL_CLEANUP_INTERVAL: 'often' } },
    )
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    const problems = stderr.split('\n').filter((line) => line.startsWith('rollcall: '))
    expect(problems.toSorted()).toEqual([
      expect.stringMatching(/"log-level" in rollcall.config.json must be one of .*, not "loud"/),
      expect.stringMatching(/"restart-grace" in rollcall.config.json must be a number .*"30"/),
      expect.stringMatching(/"unheard" in rollcall.config.json is not a setting/),
      expect.stringMatching(/--history-limit must be a whole number .*10.5/),
      expect.stringMatching(/--port must be a whole number from 0 to 65535, not 70000/),
      expect.stringMatching(/ROLLCALL_CLEANUP_INTERVAL must be a number .*"often"/),
    ])
    expect(readdirSync(folder.path)).toEqual([CONFIG_FILE])
  })

  test.each([
    { title: 'is not JSON', content: '{"port": 9000,}' },
    { title: 'is not an object', content: '[9000]' },
    { title: 'does not exist', content: undefined },
  ])('a configuration file that $title is named', async ({ content }) => {
    using folder = new TemporaryFolder()
    const file = folder.file('settings.json')
    if (content !== undefined) writeFileSync(file, content)
    const args = ['serve', '--port', '0', '--db', 'memory:', '--config', file]
    const { code, stdout, stderr } = await runRollcall(args, { cwd: folder.path })
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(`the configuration file ${file} cannot be read`)
  })

  test('a misspelled variable is rejected like a flag, an unknown one gives a warning', async () => {
    using folder = new TemporaryFolder()
    const env = { ROLLCALL_PROT: '9555' }
    const { code, stderr } = await runRollcall(['serve', '--db', 'memory:'], {
      cwd: folder.path,
      env,
    })
    expect(code).toBe(2)
    expect(stderr).toContain('ROLLCALL_PROT is not a setting: did you mean ROLLCALL_PORT?\n')
    await using registry = await RegistryProcess.start({
      cwd: folder.path,
      db: 'memory:',
      env: { ROLLCALL_SOMETHING_ELSE: '1' },
    })
    expect(registry.output).toContain('ROLLCALL_SOMETHING_ELSE is not a setting of serve')
  })

  test('it lists the supported stores and prints no password', async () => {
    const { code, stdout, stderr } = await rollcall('serve', '--db', 'mysql://me:secret@host/a')
    expect(code).toBe(2)
    expect(stderr).toContain('sqlite:///')
    expect(stdout + stderr).not.toContain('secret')
  })

  test('an address of another machine is reported in one line', async () => {
    // Reserved for documentation by RFC 5737: no machine has it.
    const address = ['--host', '203.0.113.1', '--port', '0', '--insecure']
    const args = ['serve', ...address, '--db', 'memory:']
    const { code, stdout, stderr } = await rollcall(...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^rollcall: 203\.0\.113\.1 is not an address of this machine[^\n]*\n$/)
  })
})

describe.concurrent('a setting', () => {
  test.each([
    { from: 'option', db: 'o.db', args: ['--db', 'sqlite:///o.db'], env: true, file: true },
    { from: 'environment', db: 'e.db', args: [], env: true, file: true },
    { from: 'file', db: 'f.db', args: [], env: false, file: true },
    { from: 'default', db: 'rollcall.db', args: [], env: false, file: false },
  ])(
    'comes from the $from when no source of higher precedence is set',
    async ({ db, args, env, file }) => {
      using folder = new TemporaryFolder()
      if (file) writeFileSync(folder.file(CONFIG_FILE), '{"db": "sqlite:///f.db"}')
      await using registry = await RegistryProcess.start({
        cwd: folder.path,
        args,
        ...(env && { env: { ROLLCALL_DB: 'sqlite:///e.db' } }),
      })
      expect(registry.output).toContain(`storage sqlite:///${db}`)
      expect(readdirSync(folder.path).filter((name) => name.endsWith('.db'))).toEqual([db])
    },
  )

  test('comes from the file that ROLLCALL_CONFIG names, which --config overrides', async () => {
    using folder = new TemporaryFolder()
    writeFileSync(folder.file('a.json'), '{"db": "sqlite:///a.db"}')
    writeFileSync(folder.file('b.json'), '{"db": "sqlite:///b.db"}')
    const start = { cwd: folder.path, env: { ROLLCALL_CONFIG: 'a.json' } }
    await using a = await RegistryProcess.start(start)
    expect(a.output).toContain('storage sqlite:///a.db')
    await using b = await RegistryProcess.start({ ...start, args: ['--config', 'b.json'] })
    expect(b.output).toContain('storage sqlite:///b.db')
  })
})

/** Finds a Node on this machine that is too old, if there is one; the npm scripts provide none. */
function oldNode(): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']
  return folders
    .map((folder) => join(folder, 'node'))
    .filter((path) => existsSync(path))
    .find((path) => {
      const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' })
      return Number(/^v(\d+)\./.exec(stdout)?.[1]) < 22
    })
}

const tooOld = [
  ...['20.20.2', '22.13.1', '23.11.0'].map((version) => ({
    title: `one that reports ${version}`,
    node: [process.execPath, ...reportingVersion(version)],
  })),
  ...[oldNode() ?? []].flat().map((path) => ({ title: path, node: [path] })),
]

test.each(tooOld)(
  'on an unsupported Node it names the required versions: $title',
  async ({ node }) => {
    using folder = new TemporaryFolder()
    const options = { cwd: folder.path, node }
    const { code, stdout, stderr } = await runRollcall(['serve', '--port', '0'], options)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /^rollcall needs Node\.js 22\.14, 24 or newer; this is v\d+\.\d+\.\d+ [^\n]*\n$/,
    )
    expect(readdirSync(folder.path)).toEqual([])
  },
)

test.each(['22.14.0', '24.0.0', '26.0.0'])('it runs on a Node that reports %s', async (version) => {
  using folder = new TemporaryFolder()
  const options = { cwd: folder.path, node: [process.execPath, ...reportingVersion(version)] }
  const { code, stdout } = await runRollcall(['--version'], options)
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) })
})
