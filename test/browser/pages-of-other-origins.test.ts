// A real browser, in which somebody who can reach the registry has opened a page of another origin.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { startBrowser } from './browser.ts'
import { PageHost } from './page-host.ts'
import { inPage, metricOf } from './registry-page.ts'

const folder = new TemporaryFolder()
let browser: Browser
let host: PageHost
let registry: RegistryProcess

beforeAll(async () => {
  host = await PageHost.start()
  browser = await startBrowser({ loopbackNames: ['page.example'] })
  const args = ['--cleanup-interval', '86400']
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
  const agent = { ...registration('dead'), ttl_seconds: 1 }
  await registry.http.send('POST', '/agents/register', agent)
  while (await isAlive()) await sleep(100)
})
afterAll(async () => {
  await browser?.close()
  await registry?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

async function isAlive(): Promise<boolean> {
  const { status, body } = await registry.http.get<{ is_alive: boolean }>('/agents/dead')
  expect(status).toBe(200)
  return body.is_alive
}

const count = (operation: string, status: number) =>
  metricOf(registry.url, 'rollcall_http_requests_total', { operation, status: String(status) })

/** Sends a form, as a page without scripts can when somebody clicks on it. */
const form = (path: string, text = '') => `(() => {
  const form = Object.assign(document.createElement('form'), {
    method: 'POST', enctype: 'text/plain', action: registry + '${path}', target: 'frame',
  })
  form.append(Object.assign(document.createElement('input'), { name: '${text}' }))
  document.body.append(Object.assign(document.createElement('iframe'), { name: 'frame' }), form)
  form.submit()
})()`
const fetching = (path: string, options: object) =>
  `fetch(registry + '${path}', ${JSON.stringify(options)}).then(() => {}, () => {})`
const simplePost = (body?: string) => ({ method: 'POST', mode: 'no-cors', body })
const REGISTRATION = JSON.stringify({ ...registration('intruder') })

/** What the page tries, and the operation that the registry refuses. */
const ATTACKS: readonly (readonly [string, string, string])[] = [
  ['a heartbeat', 'heartbeat', fetching('/agents/dead/heartbeat', simplePost())],
  ['a heartbeat with a text', 'heartbeat', fetching('/agents/dead/heartbeat', simplePost('{}'))],
  ['a beacon', 'heartbeat', "navigator.sendBeacon(registry + '/agents/dead/heartbeat')"],
  ['a form', 'heartbeat', form('/agents/dead/heartbeat')],
  ['a batch', 'heartbeats', fetching('/agents/heartbeats', simplePost('{"agent_ids":["dead"]}'))],
  ['a registration', 'registerAgent', fetching('/agents/register', simplePost(REGISTRATION))],
  ['the cleanup', 'cleanUp', fetching('/agents/cleanup', simplePost())],
  ['the cleanup by a form', 'cleanUp', form('/agents/cleanup')],
  ['a stream', 'listEvents', fetching('/events?snapshot=true', { mode: 'no-cors' })],
  [
    'an EventSource',
    'listEvents',
    `new Promise((resolve) => {
      const source = new EventSource(registry + '/events')
      source.onopen = () => resolve('open')
      source.onerror = () => resolve('refused')
    })`,
  ],
]

/** Opens the page; its scripts know the URL of the registry. */
async function openPage(name: string): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(host.originAt(name))
  await inPage(page, `globalThis.registry = '${registry.url}'`)
  return page
}

// Another site, another site on this machine, and another port of the same host.
describe.each(['page.example', 'localhost', '127.0.0.1'])('a page at %s', (name) => {
  test.each(ATTACKS)('is refused %s', async (_what, operation, script) => {
    const page = await openPage(name)
    const before = await count(operation, 403)
    const succeeded = await count(operation, 200)
    expect(await inPage(page, script)).not.toBe('open')
    await expect.poll(() => count(operation, 403)).toBe(before + 1)
    expect(await count(operation, 200)).toBe(succeeded)
    expect(await isAlive()).toBe(false)
    expect(await metricOf(registry.url, 'rollcall_connections', { kind: 'stream' })).toBe(0)
    await page.close()
  })

  test.each(['PUT /agents/dead/maintenance', 'DELETE /agents/dead', 'POST /agents/register'])(
    'gets no permission to send what a form could not: %s',
    async (call) => {
      const page = await openPage(name)
      const [method, path = ''] = call.split(' ')
      const headers = { 'content-type': 'application/json' }
      const options = JSON.stringify({ method, headers, body: '{}' })
      const before = await count('unknown', 405)
      const sent = inPage(page, `fetch(registry + '${path}', ${options})`)
      await expect(sent).rejects.toThrow('Failed to fetch')
      // The browser has asked for permission, and sent nothing else.
      await expect.poll(() => count('unknown', 405)).toBe(before + 1)
      await page.close()
    },
  )

  test.each(['/agents', '/agents/dead', '/health', '/openapi.json', '/docs'])(
    'can neither read nor embed %s',
    async (path) => {
      const page = await openPage(name)
      for (const mode of ['cors', 'no-cors']) {
        const sent = inPage(page, `fetch(registry + '${path}', { mode: '${mode}' })`)
        await expect(sent).rejects.toThrow('Failed to fetch')
      }
      await page.close()
    },
  )
})

test('nothing has changed', async () => {
  const { body } = await registry.http.get<{ agent_id: string }[]>('/agents?include_dead=true')
  expect(body.map(({ agent_id }) => agent_id)).toEqual(['dead'])
  const { body: events } = await registry.http.get<{ type: string }[]>('/events')
  expect(events.map(({ type }) => type)).toEqual(['registered', 'expired'])
})
