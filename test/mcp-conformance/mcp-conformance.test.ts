// The conformance suite of MCP, against a registry: what each generation of the protocol requires.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { AgentRegistryServer } from '@rollcall/server'
import { expect, test } from 'vitest'

const SUITE = fileURLToPath(import.meta.resolve('@modelcontextprotocol/conformance/dist/index.js'))

/** Runs the suite; returns its exit code, and what it has printed. */
function runSuite(url: string, revision: string): Promise<{ code: number; output: string }> {
  const baseline = fileURLToPath(new URL(`baseline-${revision}.yml`, import.meta.url))
  const args = ['--url', url, '--requirements', revision, '--expected-failures', baseline]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [SUITE, 'server', ...args], (_, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr })
    })
  })
}

test.each(['2025-11-25', '2026-07-28'])(
  'the requirements of %s are met, but for the baseline',
  async (revision) => {
    await using server = new AgentRegistryServer('memory:')
    const url = `${await server.listen({ port: 0 })}/mcp`
    const { code, output } = await runSuite(url, revision)
    expect(code, output).toBe(0)
    // What it says of scenarios that ran, so that a suite that runs none does not pass.
    expect(output).toMatch(/✓ tools-list: [1-9]\d* passed, 0 failed/)
    expect(output).toMatch(/✓ dns-rebinding-protection: [1-9]\d* passed, 0 failed/)
  },
)
