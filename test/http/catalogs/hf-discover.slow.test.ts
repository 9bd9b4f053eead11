// A search client that others have written: `hf-discover` of Hugging Face, from PyPI.
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { useRegistry } from '../support/registry-under-test.ts'

const CLIENT = 'hf-discover==1.3.7'
const INSTALL_TIMEOUT_MS = 280_000
const run = promisify(execFile)
const registry = useRegistry()

const folder = mkdtempSync(join(tmpdir(), 'rollcall-hf-discover-'))
const bin = (name: string) => join(folder, 'bin', name)

/** Why the client is not there; undefined: it is. */
let missing: string | undefined = 'this machine has no python3'
const hasPython = spawnSync('python3', ['--version']).status === 0

beforeAll(async () => {
  if (!hasPython) return
  try {
    await run('python3', ['-m', 'venv', folder])
    await run(bin('pip'), ['install', '--quiet', '--disable-pip-version-check', CLIENT])
    missing = undefined
  } catch (error) {
    missing = `it cannot be installed: ${(error as Error).message.slice(0, 200)}`
  }
}, INSTALL_TIMEOUT_MS)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const name = hasPython
  ? `${CLIENT} finds a live agent by a sentence, and none that is gone`
  : `${CLIENT} is NOT CHECKED: this machine has no python3`

test(
  name,
  async ({ skip }) => {
    if (missing !== undefined) skip(`NOT CHECKED: ${missing}`)
    const description = 'Forecasts the weather of glaciers.'
    const agent = await registry.register({ agent_name: 'Glacier', description, protocol: 'mcp' })
    const search = async (): Promise<{ results: { identifier: string; score: number }[] }> => {
      const address = `${registry.baseUrl}/ard`
      const { stdout } = await run(bin('hf-discover'), [
        ...['search', '--json', '--registry-url', address],
        'a weather forecast for glaciers',
      ])
      return JSON.parse(stdout)
    }
    const found = (await search()).results
    expect(found.map(({ identifier }) => identifier)).toContain(
      `urn:air:rollcall.localhost:agent:${agent.agent_id}`,
    )
    await registry.delete(`/agents/${agent.agent_id}`)
    expect((await search()).results).toEqual([])
  },
  INSTALL_TIMEOUT_MS,
)
