// A browser that sends the token of its user by itself, with the requests of pages of other origins, too: what browsers
// do once a user has entered it as the password of Basic, or a proxy that adds it.
import { writeFileSync } from 'node:fs'
import { OPERATIONS, type Operation, type OperationId } from '@rollcall/server'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { registration } from '../e2e/support/http-client.ts'
import { RegistryProcess } from '../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'
import { parsePrometheusText, sampleValue } from '../http/support/prometheus-text.ts'
import { startBrowser } from './browser.ts'
import { PageHost } from './page-host.ts'
import { inPage } from './registry-page.ts'

const TOKEN = 'the-token-of-an-admin-with-a-browser'
const folder = new TemporaryFolder()
let browser: Browser
let user: BrowserContext
let host: PageHost
let registry: RegistryProcess

const send = (path: string, options: RequestInit = {}) =>
  fetch(registry.url + path, {
    ...options,
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
  })

beforeAll(async () => {
  writeFileSync(folder.file('tokens'), `admin admin * ${TOKEN}\n`)
  host = await PageHost.start()
  browser = await startBrowser({ loopbackNames: ['page.example'] })
  const args = ['--token-file', folder.file('tokens'), '--anonymous', 'none']
  registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
  const agent = { ...registration('victim'), ttl_seconds: 86_400 }
  await send('/agents/register', { method: 'POST', body: JSON.stringify(agent) })
  const authorization = `Basic ${Buffer.from(`admin:${TOKEN}`).toString('base64')}`
  user = await browser.newContext({ extraHTTPHeaders: { authorization } })
})
afterAll(async () => {
  await browser?.close()
  await registry?.[Symbol.asyncDispose]()
  await host?.[Symbol.asyncDispose]()
  folder[Symbol.dispose]()
})

async function count(operation: OperationId, status: number): Promise<number> {
  const text = await (await send('/metrics')).text()
  const labels = { operation, status: String(status) }
  return sampleValue(parsePrometheusText(text), 'rollcall_http_requests_total', labels)
}

async function openPage(name: string): Promise<Page> {
  const page = await user.newPage()
  await page.goto(host.originAt(name))
  await inPage(page, `globalThis.registry = '${registry.url}'`)
  return page
}

/** Everything that could be changed. Without deadlines, which move when the process stalls. */
async function state(): Promise<string[]> {
  const paths = ['/agents?include_dead=true', '/tokens', '/maintenance', '/events']
  const texts = await Promise.all(paths.map(async (path) => (await send(path)).text()))
  return texts.map((text) => text.replaceAll(/"expires_at":"[^"]*",?/g, ''))
}

const BODIES: Readonly<Partial<Record<OperationId, object>>> = {
  registerAgent: registration('intruder'),
  heartbeats: { agent_ids: ['victim'] },
  setMaintenance: { reason: 'x' },
  createToken: { name: 'intruder', scope: 'admin' },
}
const CHANGING = (Object.entries(OPERATIONS) as [OperationId, Operation][])
  .filter(([, { method }]) => method !== 'GET')
  .map(([operationId, { method, path }]) => ({
    ...{ operationId, method, body: JSON.stringify(BODIES[operationId] ?? {}) },
    path: path.replace('{agent_id}', 'victim').replace('{token_id}', '0123456789ab'),
  }))

/** A form as text: its only field is named so that name, `=` and value are the JSON of a body. */
const form = (path: string, body: string) => `(() => {
  const form = Object.assign(document.createElement('form'), {
    method: 'POST', enctype: 'text/plain', action: registry + '${path}', target: 'frame',
  })
  const [name, value] = ['${body.slice(0, -1)},"_":"', '"}']
  form.append(Object.assign(document.createElement('input'), { name, value }))
  document.body.append(Object.assign(document.createElement('iframe'), { name: 'frame' }), form)
  form.submit()
})()`
const multipart = `Object.entries({ a: 1 }).reduce((form, [k, v]) => (form.set(k, v), form), new FormData())`
const simple = (path: string, body: string) =>
  `fetch(registry + '${path}', { method: 'POST', mode: 'no-cors', credentials: 'include', body: ${body} })
    .then(() => {}, () => {})`

test('the browser sends the token by itself', async () => {
  const own = await user.newPage()
  await own.goto(`${registry.url}/docs`)
  const statusOf = "fetch('/agents/victim/heartbeat', { method: 'POST' }).then((it) => it.status)"
  expect(await inPage(own, statusOf)).toBe(200)
  const before = await count('listAgents', 200)
  const page = await openPage('127.0.0.1')
  await inPage(page, simple('/agents', 'undefined').replace("method: 'POST', ", ''))
  await expect.poll(() => count('listAgents', 200)).toBe(before + 1)
})

// Another site, and another port of the same host.
describe.each(['page.example', '127.0.0.1'])('a page at %s', (name) => {
  const posts = CHANGING.filter(({ method }) => method === 'POST')
  const ways = posts.flatMap((call) => [
    { ...call, way: 'a form', script: form(call.path, call.body) },
    { ...call, way: 'a text', script: simple(call.path, JSON.stringify(call.body)) },
    { ...call, way: 'a multipart form', script: simple(call.path, multipart) },
    { ...call, way: 'nothing', script: simple(call.path, 'undefined') },
  ])
  test.each(ways)('cannot send $way as $operationId', async ({ operationId, script }) => {
    const before = await state()
    const refused = await count(operationId, 403)
    const page = await openPage(name)
    await inPage(page, script)
    await expect.poll(() => count(operationId, 403)).toBe(refused + 1)
    expect(await state()).toEqual(before)
    await page.close()
  })

  test.each(CHANGING)('gets no permission for $operationId', async ({ method, path, body }) => {
    const before = await state()
    const page = await openPage(name)
    const headers = { 'content-type': 'application/json' }
    const options = JSON.stringify({ method, headers, body, credentials: 'include' })
    const sent = inPage(page, `fetch(registry + '${path}', ${options})`)
    await expect(sent).rejects.toThrow('Failed to fetch')
    expect(await state()).toEqual(before)
    await page.close()
  })
})
