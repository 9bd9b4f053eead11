// A registry, or something that claims to be one, whose every text tries to control the terminal of its reader.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

/** Clears the screen, changes the title, begins a line of its own, and reads backwards. */
const HOSTILE = 'a\x1b[2J\x9b31m\x1b]0;title\x07\r\nrollcall: all is well\u202eb'

const AGENT = {
  ...{ agent_id: 'a', agent_name: HOSTILE, host: HOSTILE, port: 1, url: `http://${HOSTILE}` },
  ...{ version: HOSTILE, description: HOSTILE, protocol: HOSTILE, ttl_seconds: 60 },
  ...{ metadata: { [HOSTILE]: HOSTILE }, capabilities: [HOSTILE], status: 'ready', load: null },
  ...{ registered_at: '2026-01-01T00:00:00.000Z', last_heartbeat: '2026-01-01T00:00:00.000Z' },
  ...{ expires_at: '2026-01-01T00:00:00.000Z', is_alive: true, revision: 1, incarnation: 1 },
  maintenance: { reason: HOSTILE, since: '2026-01-01T00:00:00.000Z', by: HOSTILE },
  warnings: [HOSTILE],
}
const EVENT = {
  ...{ revision: 1, type: 'registered', agent_id: 'a', at: '2026-01-01T00:00:00.000Z' },
  ...{ reason: HOSTILE, agent: AGENT, listed: true },
}
const TOKEN = {
  ...{ id: '0123456789ab', name: HOSTILE, scope: 'agent', agents: [HOSTILE] },
  ...{ created_at: '2026-01-01T00:00:00.000Z', expires_at: null, created_by: HOSTILE },
}
const ANSWERS: Readonly<Record<string, unknown>> = {
  'GET /agents': [AGENT],
  'GET /agents/a': AGENT,
  'POST /agents/register': AGENT,
  'GET /agents/a/events': [EVENT],
  'GET /events': [EVENT],
  'GET /tokens': [TOKEN],
  'GET /capabilities': { capabilities: [{ name: HOSTILE, alive: HOSTILE }], complete: false },
  'GET /maintenance': [{ ...AGENT.maintenance, agents: HOSTILE }],
  'GET /health': { status: HOSTILE, version: HOSTILE, registered_agents: 1, active_agents: 1 },
}

const folder = new TemporaryFolder()
let server: Server
let url: string
beforeAll(async () => {
  server = createServer((request, response) => {
    const found = ANSWERS[`${request.method} ${request.url?.split('?')[0]}`]
    const problem = { code: 'STORAGE_UNAVAILABLE', title: HOSTILE, status: 503, detail: HOSTILE }
    response.statusCode = found === undefined ? 503 : 200
    response.setHeader('content-type', found ? 'application/json' : 'application/problem+json')
    response.end(JSON.stringify(found ?? { ...problem, request_id: HOSTILE }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.close()
  folder[Symbol.dispose]()
})

describe('what the command prints controls no terminal, and has no line of the registry', () => {
  test.each([
    'list',
    'list --wide',
    'capabilities',
    'get a',
    'history a',
    'health',
    'maintenance',
    'token list',
    'token revoke 0123456789ab',
    'register a --host h --agent-port 1',
    'heartbeat a',
    'deregister a',
    'drain a --reason x',
    'ready a',
    'cleanup',
    'watch',
    'export',
  ])('rollcall %s', async (command) => {
    const args = [...command.split(' '), '--registry', url, '--timeout', '5']
    const { stdout, stderr } = await runRollcall(args, { cwd: folder.path })
    expect(stdout + stderr).not.toBe('')
    expect(stdout + stderr).not.toMatch(/[^\P{Cc}\n\t]|[\u2028\u202e]/u)
    expect(stdout + stderr).not.toMatch(/^rollcall: all is well/m)
  })
})
