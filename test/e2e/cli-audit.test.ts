// Who changed an agent, on the command line; and what the audit log of the registry says about the same.
import { spawnSync } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { HAS_TERMINAL, TERMINAL } from '../examples/guide-terminal.ts'
import { RegistryProcess } from './support/registry-process.ts'
import { ROLLCALL, runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const TOKENS = {
  ann: 'a-token-of-ann-for-the-agents-of-everybody',
  bo: 'a-token-of-bo-for-the-agents-of-everybody',
  root: 'a-token-for-those-who-operate-the-registry',
} as const
type Name = keyof typeof TOKENS

const ID = 'shared-1'
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`

const folder = new TemporaryFolder()
const auditLog = folder.file('audit.jsonl')
let registry: RegistryProcess
beforeAll(async () => {
  const tokenFile = folder.file('tokens')
  const scopes = { ann: 'agent', bo: 'agent', root: 'admin' }
  const lines = Object.entries(TOKENS).map(
    ([name, it]) => `${name} ${scopes[name as Name]} * ${it}\n`,
  )
  await writeFile(tokenFile, lines.join(''), { mode: 0o600 })
  const args = ['--token-file', tokenFile, '--audit-log', auditLog, '--history-limit', '2']
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
  expect(await run('ann', 'register', ID)).toMatchObject({ code: 0 })
  expect(await run('bo', 'heartbeat', ID, '--status', 'busy')).toMatchObject({ code: 1 })
  expect(await run('ann', 'heartbeat', ID, '--status', 'busy')).toMatchObject({ code: 0 })
  expect(await run('root', 'deregister', ID)).toMatchObject({ code: 0 })
})
afterAll(async () => {
  await registry.kill()
  folder[Symbol.dispose]()
})

const environment = (name: Name) => ({ REGISTRY_URL: registry.url, ROLLCALL_TOKEN: TOKENS[name] })
const run = (name: Name, ...args: string[]) =>
  runRollcall(args, { cwd: folder.path, env: environment(name) })

test('audit prints who changed an agent, as far back as the history reaches', async () => {
  const { stdout, code } = await run('bo', 'audit', '--agent', ID)
  expect(code).toBe(0)
  expect(stdout.trimEnd().split('\n')).toEqual([
    expect.stringMatching(RegExp(`^${TIME}\tann\tupdated\tstatus ready -> busy$`)),
    expect.stringMatching(RegExp(`^${TIME}\troot\tderegistered\tderegistered by request$`)),
  ])
  const { stdout: last } = await run('bo', 'audit', '--agent', ID, '--limit', '1', '--json')
  expect(JSON.parse(last)).toEqual([
    {
      ...{ revision: 3, type: 'deregistered', agent_id: ID, at: expect.stringMatching(TIME) },
      ...{ reason: 'deregistered by request', actor: 'root' },
    },
  ])
})

test('audit fails for an agent that the history does not know, and without an agent', async () => {
  expect(await run('bo', 'audit', '--agent', 'absent')).toMatchObject({ code: 1, stdout: '' })
  expect(await run('bo', 'audit')).toMatchObject({ code: 2, stdout: '' })
})

test('the audit log has refusals as well, and what the history has forgotten', async () => {
  const lines = async () => (await readFile(auditLog, 'utf8')).trimEnd().split('\n')
  await expect.poll(async () => (await lines()).length).toBe(3)
  const rows = (await lines()).map((line) => JSON.parse(line))
  expect(rows.map(({ what, who, outcome }) => [what, who, outcome])).toEqual([
    ['registerAgent', 'ann', 'ok'],
    ['heartbeat', 'bo', 'AGENT_OWNED'],
    ['deregisterAgent', 'root', 'ok'],
  ])
  for (const row of rows) expect(row).toMatchObject({ agent: ID, address: '127.0.0.1' })
})

describe.runIf(HAS_TERMINAL)(`on ${TERMINAL}`, () => {
  test('audit prints a table, and history names principals', () => {
    expect(onTerminal(`audit --agent ${ID}`)).toEqual([
      expect.stringMatching(/^TIME +WHO +WHAT +WHY *$/),
      expect.stringMatching(/^\S+ \S+ +ann +updated +status ready -> busy *$/),
      expect.stringMatching(/^\S+ \S+ +root +deregistered +deregistered by request *$/),
    ])
    expect(onTerminal(`history ${ID}`).slice(-2)).toEqual([
      expect.stringMatching(/^\S+ +updated +status ready -> busy \(by ann\)$/),
      expect.stringMatching(/^\S+ +deregistered +deregistered by request \(by root\)$/),
    ])
  })
})

/** Returns the lines that `rollcall` prints on a terminal of 80 columns. */
function onTerminal(command: string): string[] {
  const line = `stty cols 80; ${process.execPath} ${ROLLCALL} ${command}`
  const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, TERM: 'xterm', NO_COLOR: '1', ...environment('bo') },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return stdout.trimEnd().split('\r\n')
}
