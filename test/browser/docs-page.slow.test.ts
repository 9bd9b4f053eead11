import { OPERATIONS, type OperationId } from '@rollcall/server'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EXAMPLE_WEBHOOK_ID } from '../../packages/server/src/http/openapi/webhook-examples.ts'
import { ExampleRegistry } from '../examples/example-registry.ts'
import { startBrowser } from './browser.ts'

const EXAMPLE_IDS: Readonly<Record<string, string>> = {
  '{agent_id}': 'researcher-1',
  '{token_id}': '3f9c1a7be204',
  '{webhook_id}': EXAMPLE_WEBHOOK_ID,
  '{identifier}': encodeURIComponent('urn:air:example.com:agent:researcher-1'),
  '{server_name}': encodeURIComponent('localhost.rollcall/researcher-1'),
  '{version}': 'latest',
}

let browser: Browser
let page: Page
let registry: ExampleRegistry

beforeAll(async () => {
  browser = await startBrowser()
  // With access control, because otherwise the first token must be that of an operator.
  registry = await ExampleRegistry.start()
  const extraHTTPHeaders = { authorization: registry.authorization }
  page = await browser.newPage({ reducedMotion: 'reduce', extraHTTPHeaders })
  await page.goto(`${registry.url}/docs`)
})

afterAll(async () => {
  await browser?.close()
  await registry?.[Symbol.asyncDispose]()
})

/** Expands an operation on the page. */
async function open(operationId: string): Promise<Locator> {
  const { tag } = OPERATIONS[operationId as OperationId]
  const block = page.locator(`#operations-${tag}-${operationId}`)
  await toggle(block, true)
  // Until Swagger UI has processed the section, "Execute" fails: `Operation get_agents not found`.
  await block.locator('.responses-table .response').first().waitFor()
  return block
}

/** Clicks until the section is open or closed: the page moves meanwhile, and a click may miss. */
async function toggle(block: Locator, isOpen: boolean): Promise<void> {
  const hasHappened = async (): Promise<boolean> => {
    const names = (await block.getAttribute('class'))?.split(' ') ?? []
    return names.includes('is-open') === isOpen
  }
  const click = async (): Promise<boolean> => {
    if (!(await hasHappened())) await block.locator('.opblock-summary-control').click()
    return hasHappened()
  }
  await expect.poll(click, { interval: 500 }).toBe(true)
}

/** Executes an operation as prefilled. Returns the request and the status of its response. */
async function execute(block: Locator): Promise<{ request: string; status: number }> {
  const { origin } = new URL(registry.url)
  const isCall = (url: string) => url.startsWith(origin) && !url.startsWith(`${origin}/docs`)
  const [response] = await Promise.all([
    page.waitForResponse((it) => isCall(it.url())),
    block.locator('button.execute').click(),
  ])
  const request = response.request()
  return {
    request: `${request.method()} ${request.url().slice(origin.length)}`,
    status: response.status(),
  }
}

describe('the page at /docs', () => {
  // In order of the page: "register" comes first, so that there is an agent to read.
  test.each(Object.keys(OPERATIONS))('executes %s as prefilled, and succeeds', async (id) => {
    await registry.prepareFor(OPERATIONS[id as OperationId].path)
    const block = await open(id)
    const { request, status } = await execute(block)
    expect(status, request).toBe(200)
    const { method, path } = OPERATIONS[id as OperationId]
    const filled = path.replaceAll(/\{\w+\}/g, (name) => EXAMPLE_IDS[name] ?? name)
    expect(request.split('?', 1)[0]).toBe(`${method} ${filled}`)
    // It shows the response, also of the operation that could have been a stream.
    await block.locator('.live-responses-table .response-col_status', { hasText: '200' }).waitFor()
    await block
      .locator('.live-responses-table .highlight-code, .live-responses-table pre')
      .first()
      .waitFor()
    await toggle(block, false)
  })

  test('shows an example of each error of an operation', async () => {
    const block = await open('heartbeat')
    const unavailable = block.locator('.responses-inner tr[data-code="503"]')
    const example = unavailable.locator('pre.example')
    expect(await example.textContent()).toContain('"code": "OVERLOADED"')
    await unavailable.locator('select.examples-select-element').selectOption('SHUTTING_DOWN')
    expect(await example.textContent()).toContain('"code": "SHUTTING_DOWN"')
    const missing = block.locator('.responses-inner tr[data-code="404"] pre.example')
    expect(await missing.textContent()).toContain('Agent researcher-1 not found')
    await toggle(block, false)
  })

  test('filters by metadata when a condition is added', async () => {
    const block = await open('listAgents')
    const row = block.locator('tr[data-param-name="metadata"]')
    await row.getByRole('button', { name: /add/i }).click()
    await row.locator('input').last().fill('region:eu-1')
    expect(await execute(block)).toEqual({
      request: expect.stringMatching(/^GET \/agents\?.*metadata=region(:|%3A)eu-1/),
      status: 200,
    })
  })
})
