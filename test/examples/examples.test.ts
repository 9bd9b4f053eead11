import { spawnSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { eventually } from '../http/support/eventually.ts'
import { type Command, ExampleProcess, node } from './example-process.ts'

const TYPESCRIPT_AGENT = 'examples/typescript-agent/agent.ts'
const A2A_AGENT = 'examples/a2a-agent/agent.ts'
const MCP_SERVER = 'examples/mcp-server/server.ts'
const MCP_CLIENT = 'examples/mcp-client/client.ts'
const ORCHESTRATOR = 'examples/orchestrator/orchestrator.ts'
const EMBEDDED_REGISTRY = 'examples/embedded-registry/server.ts'
const PYTHON_AGENT = 'examples/python-agent/agent.py'
const SHELL_AGENT = 'examples/shell-agent/agent.sh'

/** No server listens there. */
const NO_REGISTRY = 'http://127.0.0.1:2'

interface Example {
  readonly name: string
  readonly check: Command
  /** Runs the check of examples that take no arguments. */
  readonly env?: Readonly<Record<string, string>>
  /** For agents: runs the agent until it is stopped. */
  readonly agent?: Command
}

const pythonExamples: Example[] = [
  {
    name: PYTHON_AGENT,
    check: ['python3', PYTHON_AGENT, '--check'],
    agent: ['python3', PYTHON_AGENT],
  },
]
const hasPython = spawnSync('python3', ['--version']).status === 0

const examples: Example[] = [
  {
    name: TYPESCRIPT_AGENT,
    check: node(TYPESCRIPT_AGENT, '--check'),
    agent: node(TYPESCRIPT_AGENT),
  },
  { name: A2A_AGENT, check: node(A2A_AGENT, '--check'), agent: node(A2A_AGENT) },
  {
    name: SHELL_AGENT,
    check: ['sh', SHELL_AGENT],
    env: { CHECK: '1' },
    agent: ['sh', SHELL_AGENT],
  },
  { name: MCP_SERVER, check: node(MCP_SERVER, '--check'), agent: node(MCP_SERVER) },
  { name: MCP_CLIENT, check: node(MCP_CLIENT, '--check') },
  { name: ORCHESTRATOR, check: node(ORCHESTRATOR, '--check') },
  ...(hasPython ? pythonExamples : []),
]
const agents = examples.flatMap(({ name, agent }) => (agent ? [{ name, agent }] : []))

let folder: TemporaryFolder
let registry: RegistryProcess

beforeAll(async () => {
  folder = new TemporaryFolder()
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
})

afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

function start(command: Command, env: Readonly<Record<string, string>> = {}): ExampleProcess {
  return new ExampleProcess(command, { REGISTRY_URL: registry.url, ...env })
}

const listed = async (agentId: string) => (await registry.http.get(`/agents/${agentId}`)).status

describe('the check of each example', () => {
  test.each(examples)('$name passes and leaves nothing behind', async ({ check, env }) => {
    await using example = start(check, env)

    expect(await example.exit, example.output).toEqual({ code: 0, signal: null })
    expect(example.output).toMatch(/^ok: .+\n$/m)
    expect((await registry.http.get('/agents')).body).toEqual([])
  })

  test.each(examples)('$name reports why it fails without a registry', async ({ check, env }) => {
    await using example = start(check, { ...env, REGISTRY_URL: NO_REGISTRY })

    expect(await example.exit, example.output).toEqual({ code: 1, signal: null })
    expect(example.output).toMatch(/^failed: .*(127\.0\.0\.1:2|refused)/m)
  })

  test(`${EMBEDDED_REGISTRY} passes with the registry that it embeds`, async () => {
    await using example = start(node(EMBEDDED_REGISTRY, '--check'), { REGISTRY_URL: NO_REGISTRY })

    expect(await example.exit, example.output).toEqual({ code: 0, signal: null })
    expect(example.output).toMatch(/^ok: .+\n$/)
  })

  const machine = hasPython ? 'is checked' : 'is NOT CHECKED: this machine has no python3'
  test(`${PYTHON_AGENT} ${machine}`, () => {
    expect(examples.some(({ name }) => name === PYTHON_AGENT)).toBe(hasPython)
  })
})

describe('an agent that runs until it is stopped', () => {
  test.each(agents)(
    '$name registers again after it was removed, and deregisters on SIGTERM',
    async ({ agent }) => {
      const env = { AGENT_ID: 'lasting', AGENT_PORT: '0', AGENT_TTL_SECONDS: '3' }
      // A shell script does not listen, so it needs a port of another program.
      await using example = start(agent, agent[0] === 'sh' ? { ...env, AGENT_PORT: '8000' } : env)
      await example.says(/lasting has joined/)

      await registry.http.send('DELETE', '/agents/lasting')
      await eventually(() => listed('lasting')).toBe(200)

      example.signal('SIGTERM')
      await example.exit
      expect(await listed('lasting')).toBe(404)
    },
  )
})

test('the orchestrator survives a kill of the agent it picked, and then of the registry', async () => {
  await using killable = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const env = { REGISTRY_URL: killable.url, AGENT_PORT: '0' }
  await using one = start(node(TYPESCRIPT_AGENT), { ...env, AGENT_ID: 'one' })
  await using two = start(node(TYPESCRIPT_AGENT), { ...env, AGENT_ID: 'two' })
  await one.says(/one has joined/)
  await two.says(/two has joined/)
  await using orchestrator = start(node(ORCHESTRATOR), { ...env, JOB_INTERVAL_MS: '1000' })

  // The agent shows as busy: its job is in flight when it is killed.
  const [, picked] = await orchestrator.says(/asking (one|two)\n(?:.*\n)*?ready: (?!.*\1)/)
  const survivor = picked === 'one' ? 'two' : 'one'
  const victim = picked === 'one' ? one : two
  victim.signal('SIGKILL')
  await orchestrator.says(
    new RegExp(`${picked} failed: .+\\nasking ${survivor}\\n[^]*6 words, counted by ${survivor}`),
  )

  // The registry is killed at the worst moment: the last view has no ready agent.
  const soFar = orchestrator.output.length
  await orchestrator.says(
    new RegExp(`asking ${survivor}\\n(?:.*\\n)*?ready: (?!.*${survivor})`),
    soFar,
  )
  await killable.kill()
  const before = orchestrator.output.length
  await orchestrator.says(
    new RegExp(`continuing with data that is [\\d.]+ s old\\n[^]*6 words, counted by ${survivor}`),
    before,
  )
})
