// Tokens from the first one on: the command, a registry that needs them, agents, and what others can see of them.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FreshStore, freshStore } from '../stores/fresh-store.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'

let store: FreshStore
let registry: RegistryProcess
let adminFile: string

/** Runs the command, and returns what it prints. */
async function rollcall(args: readonly string[], env: Record<string, string> = {}) {
  return await runRollcall(args, { cwd: store.folder, env })
}

async function print(args: readonly string[], env?: Record<string, string>): Promise<string> {
  const { code, stdout, stderr } = await rollcall(args, env)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
}

const asAdmin = () => ['--registry', registry.url, '--token-file', adminFile]

beforeAll(async () => {
  store = await freshStore()
  adminFile = `${store.folder}/admin`
  const create = ['token', 'create', '--db', store.url, '--name', 'alice', '--scope', 'admin']
  writeFileSync(adminFile, await print(create))
  registry = await RegistryProcess.start({
    cwd: store.folder,
    db: store.url,
    args: ['--anonymous', 'none', '--log-level', 'debug'],
  })
})
afterAll(async () => {
  await registry.stop()
  await store[Symbol.asyncDispose]()
})

describe('a registry with a token that was created before its first start', () => {
  test('refuses a command without it, and the command says where it looks for one', async () => {
    const { code, stdout, stderr } = await rollcall(['list', '--registry', registry.url])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('--token-file FILE, ROLLCALL_TOKEN_FILE or ROLLCALL_TOKEN')
  })

  test('accepts it from a file and from both variables', async () => {
    const token = readFileSync(adminFile, 'utf8').trim()
    const list = ['token', 'list', '--registry', registry.url]
    expect(await print([...list, '--token-file', 'admin'])).toContain('\talice\tadmin\t*\t')
    expect(await print(list, { ROLLCALL_TOKEN_FILE: adminFile })).toContain('alice')
    expect(await print(list, { ROLLCALL_TOKEN: token })).toContain('alice')
    // A variable that an orchestrator fills from a file has the line break of the file.
    expect(await print(list, { ROLLCALL_TOKEN: `${token}\n` })).toContain('alice')
  })

  test('lets an agent in whose token is for it, until the token is revoked', async () => {
    const create = ['token', 'create', '--name', 'ci', '--scope', 'agent', '--agents', 'team-a:*']
    const created = JSON.parse(await print([...create, '--expires', '1d', '--json', ...asAdmin()]))
    expect(created).toMatchObject({ name: 'ci', agents: ['team-a:*'], created_by: 'alice' })
    const env = { ROLLCALL_TOKEN: created.token }
    const at = ['--registry', registry.url]
    await print(['register', 'team-a:1', ...at], env)
    await print(['heartbeat', 'team-a:1', ...at], env)
    const outside = await rollcall(['register', 'team-b:1', ...at], env)
    expect([outside.code, outside.stderr]).toEqual([
      1,
      'rollcall: "ci" may not change agent team-b:1: it may change only team-a:*.\n',
    ])
    await print(['token', 'revoke', created.id, ...asAdmin()])
    const refused = await rollcall(['heartbeat', 'team-a:1', ...at], env)
    expect(refused.stderr).toContain('unknown, revoked or expired')
    const again = await rollcall(['token', 'revoke', created.id, ...asAdmin()])
    expect([again.code, again.stderr]).toEqual([1, `rollcall: there is no token ${created.id}\n`])
  })
})

describe('a token with --reads', () => {
  test('shows its owner these agents, and no others', async () => {
    for (const id of ['red:1', 'red:2', 'blue:1']) await print(['register', id, ...asAdmin()])
    const create = ['token', 'create', '--name', 'red', '--scope', 'read', '--reads', 'red:*']
    const env = { ROLLCALL_TOKEN: (await print([...create, ...asAdmin()])).trim() }
    const at = ['--registry', registry.url]
    const ids = (text: string) => text.match(/(?<=\t)(?:red|blue):\d/g)
    expect(ids(await print(['list', ...at], env))).toEqual(['red:1', 'red:2'])
    expect(ids(await print(['list', '--id', 'red:2', '--id', 'blue:*', ...at], env))).toEqual([
      'red:2',
    ])
    for (const command of [['get'], ['history'], ['audit', '--agent']]) {
      const errorOf = async (id: string) => {
        const { code, stdout, stderr } = await rollcall([...command, id, ...at], env)
        return { code, stdout, stderr: stderr.replace(id, 'ID') }
      }
      const error = await errorOf('blue:1')
      expect(error).toEqual(await errorOf('blue:9'))
      expect(error.stderr).toContain('ID not found')
    }
    expect(await print(['token', 'list', ...asAdmin()])).toMatch(/\tred\tread\t\*\t.*\tred:\*\n/)
  })

  test('that would limit nothing is refused, in a registry and in a store', async () => {
    const create = ['token', 'create', '--name', 'x', '--scope', 'admin', '--reads', 'red:*']
    for (const where of [asAdmin(), ['--db', 'sqlite:///other.db']]) {
      const { code, stderr } = await rollcall([...create, ...where])
      expect(code).not.toBe(0)
      expect(stderr).toContain('must be *: the scope admin sees all agents')
    }
  })
})

describe('a token', () => {
  test('is neither in the log, nor in the arguments of a process, nor in an error', async () => {
    const token = readFileSync(adminFile, 'utf8').trim()
    const secret = token.slice(-43)
    const showParent = ['sh', '-c', 'ps -o args= -p $PPID; echo $ROLLCALL_TOKEN_FILE']
    const sidecar = ['run', '--name', 'sidecar', '--id', 'sidecar', '--port', '0', ...asAdmin()]
    const shown = await rollcall([...sidecar, '--', ...showParent])
    expect(shown.stdout).toContain(`--token-file ${adminFile}`)
    // The program finds the registry, and what it needs to call it.
    expect(shown.stdout).toContain(`\n${adminFile}\n`)
    expect(shown.stdout).not.toContain(secret)
    expect(registry.output).not.toContain(secret)
    await print(['token', 'list', ...asAdmin()])
    expect(registry.output).toContain('"path":"/tokens"')
    const wrong = await rollcall(['list', '--registry', registry.url], {
      ROLLCALL_TOKEN: `${token}x`,
    })
    expect([wrong.code, wrong.stdout]).toEqual([1, ''])
    expect(wrong.stderr).not.toContain(secret)
  })

  test.each([
    [['--token-file', 'nowhere'], 2, '--token-file: ENOENT'],
    [['--token', 'x'], 2, "unknown option '--token'"],
  ] as const)('given as %j is a usage error', async (args, code, problem) => {
    const result = await rollcall(['list', '--registry', registry.url, ...args])
    expect(result.code).toBe(code)
    expect(result.stderr).toContain(problem)
  })
})

test.each([
  [['create', '--name', 'x'], 'needs --name and --scope'],
  [['create', '--name', 'x y', '--scope', 'read'], 'must be letters, digits'],
  [['create', '--name', 'x', '--scope', 'write'], 'must be one of read, agent, admin'],
  [['create', '--name', 'x', '--scope', 'agent', '--agents', 'a,b**'], 'the beginning of ids'],
  [
    ['create', '--name', 'x', '--scope', 'agent', '--expires', '30'],
    'must be a duration such as 30d',
  ],
  [['revoke'], 'needs the id of a token'],
  [['revoke', 'xyz'], '12 hexadecimal digits'],
  [['change'], 'is invalid'],
] as const)('token %j is a usage error', async (args, problem) => {
  const { code, stderr } = await rollcall(['token', ...args, ...asAdmin()])
  expect([code, stderr.includes(problem) || stderr]).toEqual([2, true])
})

test('serve reads a token file, and follows its changes', async () => {
  const file = `${store.folder}/tokens`
  const tokens = {
    old: 'an-old-token-of-enough-characters-1',
    new: 'a-new-token-of-enough-characters-2',
  }
  writeFileSync(file, `ops admin * ${tokens.old}\n`)
  const args = ['--host', '127.1', '--token-file', file]
  await using guarded = await RegistryProcess.start({ cwd: store.folder, db: 'memory:', args })
  const { url } = guarded
  const statusWith = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    return (await fetch(`${url}/agents`, { headers })).status
  }
  expect([await statusWith(tokens.old), await statusWith(tokens.new)]).toEqual([200, 401])
  writeFileSync(file, `ops admin * ${tokens.new}\n`)
  await expect.poll(() => statusWith(tokens.new)).toBe(200)
  expect(await statusWith(tokens.old)).toBe(401)
  writeFileSync(file, 'ops adm')
  await expect.poll(() => guarded.output).toContain('line 1 must be')
  expect(await statusWith(tokens.new)).toBe(200)
})

test('serve refuses to listen on all addresses without tokens, as a usage error', async () => {
  const { code, stderr } = await rollcall([
    'serve',
    '--host',
    '0.0.0.0',
    '--port',
    '0',
    '--db',
    'memory:',
  ])
  expect(code).toBe(2)
  expect(stderr).toContain('rollcall token create --db')
})
