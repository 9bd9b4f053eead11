// The Inspector of MCP, as a developer runs it in a terminal to look at a server.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AgentRegistryServer } from '@rollcall/server'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'

const INSPECTOR = fileURLToPath(new URL('../../node_modules/.bin/mcp-inspector', import.meta.url))
const server = new AgentRegistryServer('memory:')
const home = new TemporaryFolder()
let url: string

beforeAll(async () => {
  url = await server.listen({ port: 0 })
  const response = await fetch(`${url}/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ agent_id: 'reader-1', agent_name: 'Reader', host: '10.0.0.1', port: 80 },
      capabilities: ['reading'],
    }),
  })
  expect(response.status).toBe(200)
})
afterAll(async () => {
  await server.close()
  home[Symbol.dispose]()
})

/** Runs the Inspector; returns its exit code, and what it has printed as JSON. */
function inspect(era: string, ...args: string[]): Promise<{ code: number; printed: unknown }> {
  const target = ['--cli', `${url}/mcp`, '--transport', 'http', '--protocol-era', era]
  const env = { ...process.env, HOME: home.path, XDG_CONFIG_HOME: join(home.path, 'config') }
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, [INSPECTOR, ...target, ...args], { env }, (_, out) => {
      try {
        resolve({ code: child.exitCode ?? -1, printed: JSON.parse(out) })
      } catch {
        reject(new Error(`the Inspector printed no JSON: ${out}`))
      }
    })
  })
}

describe.each(['legacy', 'modern'])('the Inspector, which speaks the %s protocol', (era) => {
  test('lists the tools, and finds no fault in their schemas', async () => {
    const { code, printed } = await inspect(era, '--method', 'tools/list', '--strict')
    expect(printed).toMatchObject({ tools: expect.arrayContaining([expect.anything()]) })
    expect(code).toBe(0)
  })

  test('calls a tool', async () => {
    const call = ['--method', 'tools/call', '--tool-name', 'pick_agent']
    const { code, printed } = await inspect(era, ...call, '--tool-arg', 'capability=["reading"]')
    expect(printed).toMatchObject({ structuredContent: { agent: { agent_id: 'reader-1' } } })
    expect(code).toBe(0)
  })

  test('reads a resource', async () => {
    const uri = 'rollcall://agents/reader-1'
    const { code, printed } = await inspect(era, '--method', 'resources/read', '--uri', uri)
    expect(printed).toMatchObject({ contents: [{ uri, text: expect.stringContaining('Reader') }] })
    expect(code).toBe(0)
  })
})
