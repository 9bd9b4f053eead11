// A real browser, and pages that a registry with TLS serves at its address and at its name.
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bundleForBrowser } from '../../packages/client/test/support/bundle-for-browser.ts'
import { type TlsRegistry, tlsRegistry } from '../tls/support/tls-registry.ts'
import { startBrowser } from './browser.ts'
import { inPage, pageWithClient } from './registry-page.ts'

const NAME = 'agents.example'

let browser: Browser
let registry: TlsRegistry
let bundle: string
beforeAll(async () => {
  bundle = (await bundleForBrowser()).code
  browser = await startBrowser({ loopbackNames: [NAME] })
  registry = await tlsRegistry({ allowedHosts: [NAME] })
})
afterAll(async () => {
  await browser?.close()
  await registry?.[Symbol.asyncDispose]()
})

test.each(['127.0.0.1', NAME])(
  'a page at %s joins as an agent, watches, and leaves',
  async (name) => {
    // The browser does not know the authority of the certificate.
    await using context = await browser.newContext({ ignoreHTTPSErrors: true })
    const url = `${registry.url.replace('127.0.0.1', name)}/docs`
    const page = await pageWithClient(context, { url, bundle })
    await inPage(
      page,
      `void (async () => {
      globalThis.received = []
      const client = new RollcallClient.DiscoveryClient({ registryUrl: location.origin })
      for await (const { type } of client.watch()) received.push(type)
    })()`,
    )
    await expect.poll(() => inPage(page, 'received.at(-1)')).toBe('synced')
    await inPage(
      page,
      `RollcallClient.AgentRegistryClient.join({
      registryUrl: location.origin, agentId: 'page', agentName: 'Page', host: 'browser',
    }).then((agent) => agent.heartbeat().then(() => agent.close()))`,
    )
    const seen = ['registered', 'deregistered']
    await expect.poll(() => inPage(page, 'received.slice(-2)')).toEqual(seen)
  },
)
