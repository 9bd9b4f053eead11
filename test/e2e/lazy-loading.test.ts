// What speaks MCP, and what shows the documentation, is loaded when somebody comes for it, and not before.
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const LOADED_PACKAGES = new URL('./support/loaded-packages.ts', import.meta.url).href
const UNREADABLE_PACKAGE = new URL('./support/unreadable-package.ts', import.meta.url).href

let folder: TemporaryFolder
beforeEach(() => {
  folder = new TemporaryFolder()
})
afterEach(() => folder[Symbol.dispose]())

const agent = { agent_id: 'a', agent_name: 'A', host: '10.0.0.7', port: 8000 }
const message = { jsonrpc: '2.0', id: 1, method: 'tools/list' }

/** Runs a registry that is used in every other way, then by MCP if wanted; returns the packages that it loaded. */
async function loadedBy(
  args: readonly string[],
  { isUsed = false, more = [] }: { isUsed?: boolean; more?: readonly string[] },
): Promise<string[]> {
  const file = folder.file('packages.json')
  const registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    args,
    node: [process.execPath, '--import', LOADED_PACKAGES],
    env: { LOADED_PACKAGES_FILE: file },
  })
  const post = (path: string, json: object) =>
    fetch(registry.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(json),
    })
  await post('/agents/register', agent)
  await post('/agents/a/heartbeat', {})
  for (const path of ['/agents?q=a', '/events', '/openapi.json', '/', ...more]) {
    await (await fetch(registry.url + path)).text()
  }
  if (isUsed) await (await post('/mcp', message)).text()
  registry.signal('SIGTERM')
  expect(await registry.exit).toEqual({ code: 0, signal: null })
  return JSON.parse(readFileSync(file, 'utf8'))
}

test.each([
  { name: 'that is used', args: [], isUsed: true, isLoaded: true },
  { name: 'that is not used', args: [], isUsed: false, isLoaded: false },
  {
    name: 'that is turned off, also for those who try',
    args: ['--no-mcp'],
    isUsed: true,
    isLoaded: false,
  },
])('MCP $name: its packages are loaded: $isLoaded', async ({ args, isUsed, isLoaded }) => {
  const packages = await loadedBy(args, { isUsed })
  expect(packages).toContain('fastify')
  expect(packages.includes('@modelcontextprotocol/server')).toBe(isLoaded)
  expect(packages.includes('zod')).toBe(isLoaded)
})

test.each([
  { path: '/health', isLoaded: false },
  { path: '/docs', isLoaded: true },
])(
  'after a request of $path, the packages of /docs are loaded: $isLoaded',
  async ({ path, isLoaded }) => {
    const packages = await loadedBy([], { more: [path] })
    expect(packages.includes('@fastify/swagger-ui')).toBe(isLoaded)
    expect(packages.includes('@fastify/swagger')).toBe(isLoaded)
  },
)

test('a page that cannot be loaded is a logged error of the registry, until it can be', async () => {
  const registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    node: [process.execPath, '--import', UNREADABLE_PACKAGE],
    env: { UNREADABLE_PACKAGE: '@fastify/swagger-ui' },
  })
  const failed = await fetch(`${registry.url}/docs`)
  expect(await failed.json()).toMatchObject({ status: 500, code: 'INTERNAL_ERROR' })
  expect(registry.output).toContain('@fastify/swagger-ui cannot be read')
  expect((await fetch(`${registry.url}/docs`)).status).toBe(200)
  registry.signal('SIGTERM')
  expect(await registry.exit).toEqual({ code: 0, signal: null })
})
