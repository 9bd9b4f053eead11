import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { startBrowser } from './browser.ts'

/** An event received in the page. */
interface ReceivedEvent {
  readonly type: string
  readonly id: string
  readonly agentId: string | undefined
}

let browser: Browser
beforeAll(async () => {
  browser = await startBrowser()
})
afterAll(() => browser?.close())

describe('the EventSource of the browser', () => {
  test('resumes by itself after the registry was killed and restarted', async () => {
    using folder = new TemporaryFolder()
    const db = sqliteUrl(folder.file('agents.db'))
    await using before = await RegistryProcess.start({ cwd: folder.path, db })
    await register(before, 'first')
    await register(before, 'second')
    // A page of the registry itself, so that it has the same origin as the feed.
    const page = await browser.newPage()
    await page.goto(`${before.url}/docs`)
    await listen(page, '/events?snapshot=true')
    await waitForEvent(page, 'synced')
    await register(before, 'third')
    await waitForEvent(page, 'registered', 'third')
    const { port } = before
    await before.kill()

    const args = ['--port', String(port)]
    await using after = await RegistryProcess.start({ cwd: folder.path, db, args })
    // While the browser is disconnected: it has to request the missed events.
    await register(after, 'fourth')
    await waitForEvent(page, 'registered', 'fourth')
    await register(after, 'fifth')
    await waitForEvent(page, 'registered', 'fifth')

    const received = await all(page)
    expect(received.filter(({ type }) => type === 'snapshot' || type === 'registered')).toEqual([
      { type: 'snapshot', id: expect.stringMatching(/:snapshot$/), agentId: 'first' },
      { type: 'snapshot', id: expect.stringMatching(/:snapshot$/), agentId: 'second' },
      { type: 'registered', id: expect.stringMatching(/:3$/), agentId: 'third' },
      { type: 'registered', id: expect.stringMatching(/:4$/), agentId: 'fourth' },
      { type: 'registered', id: expect.stringMatching(/:5$/), agentId: 'fifth' },
    ])
    expect(received.map(({ type }) => type)).not.toContain('reset')
    await page.close()
  })

  test('begins again with a reset after the registry has lost its history', async () => {
    using folder = new TemporaryFolder()
    await using before = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
    await register(before, 'lost')
    const page = await browser.newPage()
    await page.goto(`${before.url}/docs`)
    await listen(page, '/events?snapshot=true')
    await waitForEvent(page, 'synced')
    const { port } = before
    await before.kill()

    const args = ['--port', String(port)]
    await using after = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
    await register(after, 'new')
    await waitForEvent(page, 'snapshot', 'new')
    const types = (await all(page)).map(({ type }) => type)
    expect(types).toEqual(['snapshot', 'synced', 'reset', 'snapshot', 'synced'])
    await page.close()
  })
})

async function register(registry: RegistryProcess, agentId: string): Promise<void> {
  const response = await fetch(`${registry.url}/agents/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ agent_id: agentId, agent_name: 'A', host: '10.0.0.7', port: 8000 }),
  })
  expect(response.status).toBe(200)
}

/** Opens the stream in the page and records its events; the browser reconnects by itself. */
async function listen(page: Page, path: string): Promise<void> {
  await page.evaluate((address) => {
    const received: unknown[] = []
    const source = new EventSource(address)
    const types = ['snapshot', 'synced', 'reset', 'registered', 'bookmark', 'closing']
    for (const type of types) {
      source.addEventListener(type, (event) => {
        if (!(event instanceof MessageEvent)) return
        received.push({ type, id: event.lastEventId, agentId: JSON.parse(event.data).agent_id })
      })
    }
    Object.assign(globalThis, { received })
  }, path)
}

function all(page: Page): Promise<ReceivedEvent[]> {
  return page.evaluate(() => Reflect.get(globalThis, 'received'))
}

async function waitForEvent(page: Page, type: string, agentId?: string): Promise<void> {
  await expect
    .poll(() => all(page), { interval: 50 })
    .toContainEqual(expect.objectContaining({ type, ...(agentId && { agentId }) }))
}
