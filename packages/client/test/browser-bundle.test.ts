import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import { type BrowserBundle, bundleForBrowser } from './support/bundle-for-browser.ts'
import { respondJson, ScriptedServer } from './support/scripted-server.ts'
import { wireAgent } from './support/wire-agents.ts'

/** Globals of every browser and worker, without those of Node. */
const WEB_GLOBALS = {
  AbortController,
  AbortSignal,
  DOMException,
  Headers,
  ReadableStream,
  Request,
  Response,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  clearTimeout,
  crypto,
  fetch,
  performance,
  setTimeout,
}

let bundle: BrowserBundle
beforeAll(async () => {
  bundle = await bundleForBrowser()
})

describe('the client as a bundle for browsers', () => {
  test('has no imports and causes no bundler warnings', () => {
    expect(bundle.imports).toEqual([])
    expect(bundle.warnings).toEqual([])
    expect(bundle.code).not.toMatch(/["']node:/)
    expect(bundle.code).not.toMatch(/\brequire\(/)
  })

  test('contains only files of this repository, and none for Node', () => {
    const foreign = bundle.modules.filter(
      (path) => !/\/packages\/(client|protocol)\/src\//.test(path),
    )
    expect(foreign).toEqual([])
    expect(bundle.modules.filter((path) => path.includes('/src/node/'))).toEqual([])
  })

  test('uses no global that only Node has', () => {
    // `process` is looked up by name at run time and may be missing.
    expect(bundle.code).not.toMatch(
      /(?<![.\w'"`])(process\.|Buffer\b|__dirname\b|__filename\b|setImmediate\b|global\.)/,
    )
  })

  test('is small', async () => {
    const { code } = await bundleForBrowser({ minify: true })
    const kilobytes = (bytes: number): string => `${(bytes / 1000).toFixed(1)} kB`
    const gzipped = gzipSync(code).length
    console.log(`browser bundle: ${kilobytes(code.length)}, ${kilobytes(gzipped)} gzipped`)
    expect(gzipped).toBeLessThan(16_700)
  })
})

describe('with web globals only', () => {
  test('the client lists agents', async () => {
    await using server = await ScriptedServer.start((_, response) =>
      respondJson(response, 200, [wireAgent('a'), wireAgent('b')]),
    )
    const ids = await inBareContext(
      `new RollcallClient.DiscoveryClient({ registryUrl: '${server.url}' })
        .list().then((agents) => agents.map(({ agentId }) => agentId).join())`,
    )
    expect(ids).toBe('a,b')
  })

  test('an agent requires the option host, and the error says so', async () => {
    const join = `RollcallClient.AgentRegistryClient.join({ agentId: 'a', agentName: 'A' })`
    const message = await inBareContext(`${join}.catch(({ message }) => message)`)
    expect(message).toBe('host cannot be determined; set the option host or AGENT_HOST')
  })

  test('an agent joins, sends a heartbeat and leaves', async () => {
    await using server = await ScriptedServer.start((_, response) =>
      respondJson(response, 200, wireAgent('a')),
    )
    await inBareContext(`(async () => {
      const agent = await RollcallClient.AgentRegistryClient.join({
        registryUrl: '${server.url}', agentId: 'a', agentName: 'A', host: 'browser',
      })
      await agent.heartbeat({ load: 0.5 })
      await agent.close()
    })()`)
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST /agents/register',
      'POST /agents/a/heartbeat',
      'DELETE /agents/a',
    ])
  })
})

/** Runs an expression after the bundle in a context that has only web globals. */
function inBareContext(expression: string): Promise<unknown> {
  const context = createContext({ ...WEB_GLOBALS })
  const nodeGlobals = runInContext('typeof process + typeof require + typeof Buffer', context)
  expect(nodeGlobals).toBe('undefinedundefinedundefined')
  return runInContext(`${bundle.code}\n;${expression}`, context)
}
