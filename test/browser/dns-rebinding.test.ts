// A page at a name that has the address of the registry by now: it is of the same origin as the registry.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { startBrowser } from './browser.ts'
import { PageHost } from './page-host.ts'
import { inPage } from './registry-page.ts'

const folder = new TemporaryFolder()
let browser: Browser
beforeAll(async () => {
  browser = await startBrowser({ loopbackNames: ['page.example', 'rollcall', 'agents.example'] })
})
afterAll(async () => {
  await browser?.close()
  folder[Symbol.dispose]()
})

/**
 * Opens a page from a server at a name, and then starts a registry in place of that server. For the
 * browser, this is the same as if the name had changed from the address of the one to that of the other.
 */
async function rebind(name: string, args: readonly string[] = []) {
  const page = await browser.newPage()
  const { port } = await openFromHost(page, name)
  const options = { cwd: folder.path, db: 'memory:', args: ['--port', String(port), ...args] }
  const registry = await RegistryProcess.start(options)
  await registry.http.send('POST', '/agents/register', registration('victim'))
  return {
    page,
    registry,
    async [Symbol.asyncDispose]() {
      await page.close()
      await registry[Symbol.asyncDispose]()
    },
  }
}

async function openFromHost(page: Page, name: string): Promise<{ port: number }> {
  await using host = await PageHost.start()
  await page.goto(host.originAt(name))
  return { port: host.port }
}

/** Returns the statuses that a page gets for reading and writing. */
function statusesIn(page: Page): Promise<unknown> {
  return inPage(
    page,
    `(async () => {
      const calls = [
        ['GET', '/agents'], ['POST', '/agents/victim/heartbeat'], ['GET', '/events?snapshot=true'],
        ['POST', '/agents/cleanup'], ['DELETE', '/agents/victim'],
      ]
      const statuses = []
      for (const [method, path] of calls) {
        const abort = new AbortController()
        const { status } = await fetch(path, { method, signal: abort.signal })
        statuses.push(status)
        abort.abort()
      }
      return statuses
    })()`,
  )
}

describe('a registry on loopback', () => {
  test.each(['page.example', 'rollcall', '0.0.0.0'])('refuses everything at %s', async (name) => {
    await using rebound = await rebind(name)
    expect(await statusesIn(rebound.page)).toEqual([421, 421, 421, 421, 421])
    expect((await rebound.registry.http.get('/agents/victim')).status).toBe(200)
  })

  test.each(['127.0.0.1', 'localhost'])('serves its own pages at %s', async (name) => {
    await using own = await rebind(name)
    expect(await statusesIn(own.page)).toEqual([200, 200, 200, 200, 200])
  })

  test('serves its own pages at a name that the operator allows', async () => {
    const args = ['--allowed-hosts', 'other.example', '--allowed-hosts', 'agents.example']
    await using own = await rebind('agents.example', args)
    expect(await statusesIn(own.page)).toEqual([200, 200, 200, 200, 200])
  })
})
