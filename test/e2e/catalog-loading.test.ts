// What serves the catalogs of others is loaded when a client of theirs comes, and not before; turned off, it is not there.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const LOADED_FILES = new URL('./support/loaded-files.ts', import.meta.url).href

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const ARD = ['/.well-known/ard.json', '/.well-known/ai-catalog.json', '/ard/agents', '/ard/search']
const MCP_REGISTRY = ['/v0.1/servers', '/v0.1/servers/a%2Fb/versions', '/agents/a/server-card']

/** Runs a registry; returns the responses to requests, its document, and the files of catalogs that it loaded. */
async function run(args: readonly string[], paths: readonly string[]) {
  const file = folder.file('files.json')
  const registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    args,
    node: [process.execPath, '--import', LOADED_FILES],
    env: { LOADED_FILES_FILE: file },
  })
  const json = { agent_id: 'a', agent_name: 'A', host: 'h', port: 1, protocol: 'mcp' }
  await registry.http.send('POST', '/agents/register', json)
  await registry.http.send('POST', '/agents/a/heartbeat', {})
  await registry.http.get('/agents?q=a')
  const statuses: number[] = []
  for (const path of paths) {
    const isSearch = path.endsWith('/search')
    const response = await fetch(registry.url + path, {
      method: isSearch ? 'POST' : 'GET',
      ...(isSearch && {
        headers: { 'content-type': 'application/json' },
        body: '{"query":{"text":"a"}}',
      }),
    })
    const text = await response.text()
    statuses.push(response.status)
    if (response.status === 404) expect(Object.keys(JSON.parse(text))).not.toContain('errorCode')
  }
  const root = await fetch(`${registry.url}/`)
  const document = await registry.http.get<{ paths: object }>('/openapi.json')
  registry.signal('SIGTERM')
  expect(await registry.exit).toEqual({ code: 0, signal: null })
  const loaded: string[] = JSON.parse(readFileSync(file, 'utf8'))
  expect(loaded).toContain('server/dist/http/create-app.js')
  const endpoints = loaded.filter((name) =>
    /catalogs\/.*(?:endpoint|search|groups)\.js$/.test(name),
  )
  return {
    statuses,
    endpoints,
    paths: Object.keys(document.body.paths),
    link: root.headers.get('link'),
  }
}

test('nothing of a catalog is loaded as long as nobody asks for it', async () => {
  const { endpoints, link } = await run([], [])
  expect(endpoints).toEqual([])
  expect(link).toContain('ard.json')
})

test('each is loaded by its own requests only', async () => {
  const { statuses, endpoints } = await run([], ARD)
  expect(statuses).toEqual([200, 200, 200, 200])
  expect(endpoints.some((name) => name.includes('/ard/'))).toBe(true)
  expect(endpoints.filter((name) => name.includes('/mcp-registry/'))).toEqual([])
})

describe('turned off', () => {
  test('ARD is neither reachable nor documented nor loaded', async () => {
    const off = await run(['--no-ard'], [...ARD, ...MCP_REGISTRY])
    expect(off.statuses).toEqual([404, 404, 404, 404, 200, 404, 200])
    expect(off.endpoints.filter((name) => name.includes('/ard/'))).toEqual([])
    expect(off.paths.filter((path) => /\/ard|ai-catalog/.test(path))).toEqual([])
    expect(off.link).toBeNull()
  })

  test('the MCP Registry API is neither reachable nor documented nor loaded', async () => {
    const off = await run(['--no-mcp-registry'], [...MCP_REGISTRY, ...ARD])
    expect(off.statuses).toEqual([404, 404, 404, 200, 200, 200, 200])
    expect(off.endpoints.filter((name) => name.includes('/mcp-registry/'))).toEqual([])
    expect(off.paths.filter((path) => /v0|server-card/.test(path))).toEqual(['/mcp/server-card'])
  })

  test('MCP leaves no server card behind, and no entry', async () => {
    const off = await run(['--no-mcp'], ['/mcp/server-card', '/.well-known/ard.json'])
    expect(off.statuses).toEqual([404, 200])
    expect(off.paths.filter((path) => path.startsWith('/mcp'))).toEqual([])
  })
})
