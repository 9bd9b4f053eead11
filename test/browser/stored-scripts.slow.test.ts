// Agents that consist of scripts, wherever a browser can be made to show them.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { startBrowser } from './browser.ts'
import { inPage } from './registry-page.ts'

/** Texts that run in a page which takes them for markup, for an attribute, a script, a template or an address. */
const SCRIPTS = [
  '<script>attacked = 1</script>',
  '<img src=x onerror="attacked = 1">',
  '"><svg onload=attacked=1>',
  "'-(attacked=1)-'",
  '</script><script>attacked = 1</script>',
  '</pre></code><img src=x onerror=attacked=1>',
  '[click](javascript:attacked=1)',
  '![x](x" onerror="attacked=1)',
  '{{constructor.constructor("attacked=1")()}}',
  '<iframe srcdoc="<script>parent.attacked=1</script>"></iframe>',
  '<a href="javascript:attacked=1" autofocus onfocus="attacked=1">a</a>',
  '<meta http-equiv="refresh" content="0;url=javascript:attacked=1">',
]
const all = SCRIPTS.join(' ')

const folder = new TemporaryFolder()
let browser: Browser
let registry: RegistryProcess

beforeAll(async () => {
  browser = await startBrowser()
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  for (const [index, script] of SCRIPTS.entries()) {
    const { status } = await registry.http.send('POST', '/agents/register', {
      ...registration(`agent-${index}`),
      agent_name: script,
      version: script.slice(0, 64),
      description: script,
      capabilities: [script],
      metadata: { [script]: all },
      ttl_seconds: 86_400,
    })
    expect(status).toBe(200)
  }
  const reason = { reason: all.slice(0, 200), by: SCRIPTS[0] }
  await registry.http.send('PUT', '/agents/agent-0/maintenance', reason)
})
afterAll(async () => {
  await browser?.close()
  await registry?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

/** Opens a page whose scripts, if they run, are noticed in every frame. */
async function open(path: string): Promise<{ page: Page; dialogs: string[] }> {
  const page = await browser.newPage({ reducedMotion: 'reduce' })
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  // A stream never ends loading.
  await page.goto(registry.url + path, { waitUntil: 'commit' })
  return { page, dialogs }
}

const attacked = (page: Page) => inPage(page, 'globalThis.attacked')

const escaped = encodeURIComponent(all)
describe('a response that is opened as a page', () => {
  test.each([
    '/agents',
    '/agents/agent-1',
    '/agents/agent-1/events',
    '/events',
    '/maintenance',
    '/sd/prometheus',
    '/metrics',
    '/openapi.json',
    `/agents/${escaped}`,
    `/${escaped}`,
    `/docs/${escaped}`,
    `/agents?q=${escaped}`,
    `/agents?${escaped}=${escaped}`,
    `/agents?sort=${escaped}`,
    '/agents/agent-1?<script>attacked=1</script>',
  ])('runs nothing: %.40s', async (path) => {
    const { page, dialogs } = await open(path)
    await page.waitForLoadState('load')
    expect([await attacked(page), dialogs]).toEqual([undefined, []])
    // It is shown as a text: nothing in it became an element.
    const selector = 'script, img, svg, iframe, a, meta[http-equiv]'
    expect(await page.locator(selector).count()).toBe(0)
    // And nothing would run if it had.
    const markup = '<img src=x onerror="attacked = 1"><iframe srcdoc="x"></iframe>'
    await inPage(page, `document.documentElement.insertAdjacentHTML('beforeend', '${markup}')`)
    await inPage(page, 'new Promise((resolve) => setTimeout(resolve))')
    expect(await attacked(page)).toBeUndefined()
    await page.close()
  })

  test('is a text also where no type could be guessed from it', async () => {
    for (const path of ['/agents', '/metrics', `/${escaped}`, '/docs/swagger-ui.css', '/docs/']) {
      const { headers } = await fetch(registry.url + path)
      expect(headers.get('x-content-type-options'), path).toBe('nosniff')
      const isPage = headers.get('content-type')?.startsWith('text/html') === true
      expect(isPage, path).toBe(path === '/docs/')
    }
  })
})

describe('the documentation', () => {
  test.each([
    ['agents', 'getAgent', 'agent-1'],
    ['discovery', 'listAgents', undefined],
    ['discovery', 'listEvents', undefined],
    ['discovery', 'prometheusTargets', undefined],
    ['maintenance', 'listMaintenance', undefined],
  ] as const)('shows %s %s, and runs nothing', async (tag, operationId, agentId) => {
    const { page, dialogs } = await open(`/docs/#/${tag}/${operationId}`)
    const block = page.locator(`#operations-${tag}-${operationId}.is-open`)
    await block.locator('.responses-table .response').first().waitFor()
    if (agentId) await block.locator('input[placeholder="agent_id"]').fill(agentId)
    await block.locator('button.execute').click()
    const shown = block.locator('.live-responses-table')
    await shown.getByText('attacked', { exact: false }).first().waitFor()
    expect(await shown.locator('img, svg[onload], iframe, script').count()).toBe(0)
    expect([await attacked(page), dialogs]).toEqual([undefined, []])
    await page.close()
  })

  test('runs no script that got into the page, and loads none from elsewhere', async () => {
    const { page } = await open('/docs/')
    await page.locator('.opblock').first().waitFor()
    for (const markup of [SCRIPTS[1], SCRIPTS[2], SCRIPTS[9]]) {
      await inPage(page, `document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(markup)})`)
    }
    const add = (property: string, value: string) => `new Promise((resolve) => {
      const script = document.createElement('script')
      script.onload = script.onerror = resolve
      script.${property} = '${value}'
      document.body.append(script)
      setTimeout(resolve)
    })`
    await inPage(page, add('textContent', 'attacked = 1'))
    await inPage(page, add('src', 'data:text/javascript,attacked=1'))
    expect(await attacked(page)).toBeUndefined()
    await page.close()
  })
})
