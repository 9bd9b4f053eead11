// The client in a page of an application: the operator has allowed its origin.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleForBrowser } from '../../packages/client/test/support/bundle-for-browser.ts'
import { registration } from '../e2e/support/http-client.ts'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { startBrowser } from './browser.ts'
import { PageHost } from './page-host.ts'
import { inPage, pageWithClient } from './registry-page.ts'

const folder = new TemporaryFolder()
let bundle: string
let browser: Browser
let host: PageHost
let registry: RegistryProcess

beforeAll(async () => {
  bundle = (await bundleForBrowser()).code
  host = await PageHost.start()
  browser = await startBrowser({ loopbackNames: ['app.example', 'page.example'] })
  // Several may be given in one flag, in several flags, or both.
  const origins = [
    `https://other.example,${host.originAt('app.example')}`,
    host.originAt('localhost'),
  ]
  const args = origins.flatMap((list) => ['--cors-origin', list])
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
})
afterAll(async () => {
  await browser?.close()
  await registry?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

const register = (id: string) => registry.http.send('POST', '/agents/register', registration(id))
const openPage = (name: string) => pageWithClient(browser, { url: host.originAt(name), bundle })

test.each(['app.example', 'localhost'])(
  'a page at %s is an agent, and finds others',
  async (name) => {
    const page = await openPage(name)
    await inPage(
      page,
      `(async () => {
      const registryUrl = '${registry.url}'
      globalThis.agent = await RollcallClient.AgentRegistryClient.join({
        registryUrl, agentId: 'page', agentName: 'Page', host: 'browser',
      })
      await agent.setStatus('busy')
      globalThis.client = new RollcallClient.DiscoveryClient({ registryUrl })
    })()`,
    )
    expect(await inPage(page, 'client.get("page").then((a) => a.status)')).toBe('busy')
    await register('other')
    const pages = `(async () => {
    const ids = []
    for await (const page of client.pages({ limit: 1 })) ids.push(page.map((a) => a.agentId))
    return ids
  })()`
    // The second page is in the header Link of the first one.
    expect(await inPage(page, pages)).toEqual([['other'], ['page']])
    await inPage(page, 'agent.close()')
    expect(await inPage(page, 'client.list().then((all) => all.map((a) => a.agentId))')).toEqual([
      'other',
    ])
    // The page can read an error, too: 404 means that there is no such agent.
    expect(await inPage(page, 'client.get("unknown").then(String)')).toBe('undefined')
    await registry.http.send('DELETE', '/agents/other')
    await page.close()
  },
)

test('a page follows changes, with the client and with an EventSource', async () => {
  const page = await openPage('app.example')
  await inPage(
    page,
    `void (async () => {
      globalThis.watched = []
      globalThis.heard = []
      const source = new EventSource('${registry.url}/events?snapshot=true')
      for (const type of ['synced', 'registered']) {
        source.addEventListener(type, (event) => heard.push(event.type))
      }
      const client = new RollcallClient.DiscoveryClient({ registryUrl: '${registry.url}' })
      for await (const event of client.watch()) watched.push(event.type)
    })()`,
  )
  await expect
    .poll(() => inPage(page, '[watched.at(-1), heard.at(-1)]'))
    .toEqual(['synced', 'synced'])
  await register('late')
  await expect
    .poll(() => inPage(page, '[watched.at(-1), heard.at(-1)]'))
    .toEqual(['registered', 'registered'])
  await registry.http.send('DELETE', '/agents/late')
  await page.close()
})

test('a page that is not allowed is told what is missing', async () => {
  const page = await openPage('page.example')
  const failure = await inPage(
    page,
    `new RollcallClient.DiscoveryClient({ registryUrl: '${registry.url}'}).list()
      .then(() => 'listed', (error) => error.message)`,
  )
  expect(failure).toContain(`must allow the origin ${host.originAt('page.example')}`)
  await page.close()
})
