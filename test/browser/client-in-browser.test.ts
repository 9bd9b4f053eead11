import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { bundleForBrowser } from '../../packages/client/test/support/bundle-for-browser.ts'
import { registration } from '../e2e/support/http-client.ts'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { startBrowser } from './browser.ts'
import { inPage, pageWithClient } from './registry-page.ts'

let browser: Browser
let client: string
beforeAll(async () => {
  client = (await bundleForBrowser()).code
  browser = await startBrowser()
})
afterAll(() => browser?.close())

describe('the client in a page of the registry itself', () => {
  test('lists existing agents, and watches new ones', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    await register(registry, 'first')
    await register(registry, 'second')
    const page = await openPage(registry)
    expect(
      await inPage(page, 'client.list().then((agents) => agents.map((a) => a.agentId))'),
    ).toEqual(['first', 'second'])
    await inPage(
      page,
      `void (async () => {
        globalThis.received = []
        for await (const event of client.watch()) {
          received.push(event.agent ? event.type + ' ' + event.agent.agentId : event.type)
        }
      })()`,
    )
    await expect.poll(() => inPage(page, 'received.at(-1)')).toBe('synced')
    await register(registry, 'third')
    await expect
      .poll(() => inPage(page, 'received'))
      .toEqual(['reset', 'snapshot first', 'snapshot second', 'synced', 'registered third'])
    await page.close()
  })

  test('keeps its view across a kill of the registry', async () => {
    using folder = new TemporaryFolder()
    const db = sqliteUrl(folder.file('agents.db'))
    await using before = await RegistryProcess.start({ cwd: folder.path, db })
    await register(before, 'first')
    const page = await openPage(before)
    await inPage(page, 'void (globalThis.view = client.liveView())')
    await inPage(page, 'view.ready')
    const { port } = before
    await before.kill()
    await expect.poll(() => inPage(page, 'view.isConnected')).toBe(false)
    expect(await inPage(page, 'view.pick().agentId')).toBe('first')
    expect(await inPage(page, 'view.ageMs')).toBeGreaterThanOrEqual(0)

    const args = ['--port', String(port)]
    await using after = await RegistryProcess.start({ cwd: folder.path, db, args })
    await register(after, 'second')
    await expect
      .poll(() => inPage(page, 'view.agents.map((a) => a.agentId)'))
      .toEqual(['first', 'second'])
    await page.close()
  })

  test('joins as an agent, too, and leaves', async () => {
    using folder = new TemporaryFolder()
    await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    const page = await openPage(registry)
    await inPage(
      page,
      `RollcallClient.AgentRegistryClient.join({
        registryUrl: location.origin, agentId: 'page', agentName: 'Page', host: 'browser',
      }).then((agent) => void (globalThis.agent = agent))`,
    )
    expect(await inPage(page, 'client.get("page").then((a) => a.status)')).toBe('ready')
    await inPage(page, 'agent.close()')
    expect(await inPage(page, 'client.list()')).toEqual([])
    await page.close()
  })
})

/** Opens a page of the registry with the package, and an instance of it as `client`. */
async function openPage(registry: RegistryProcess): Promise<Page> {
  const page = await pageWithClient(browser, { url: `${registry.url}/docs`, bundle: client })
  await inPage(
    page,
    `void (globalThis.client =
      new RollcallClient.DiscoveryClient({ registryUrl: location.origin }))`,
  )
  return page
}

async function register(registry: RegistryProcess, agentId: string): Promise<void> {
  const agent = registration(agentId)
  const { status } = await registry.http.send('POST', '/agents/register', agent)
  expect(status).toBe(200)
}
