// The webhooks of a registry, seen and changed in a browser, with a real receiver.
import { writeFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { verified, WebhookReceiver } from '../../webhooks/support/webhook-receiver.ts'
import { tabTo, useDashboard } from './dashboard-under-test.ts'

const ADMIN = 'the-token-of-an-operator-of-webhooks-12'
const MARKUP = '<img src=x onerror="globalThis.owned = 1">'
/** More than the client waits for other responses by default, which is 5 s. */
const WEBHOOK_TIMEOUT_SECONDS = 7

const dashboard = useDashboard((folder) => {
  const file = folder.file('tokens')
  writeFileSync(file, `operator admin * ${ADMIN}\n`)
  return [
    ...['--token-file', file, '--anonymous', 'none', '--webhook-networks', '127.0.0.1'],
    ...['--webhook-timeout', String(WEBHOOK_TIMEOUT_SECONDS)],
  ]
})

let receiver: WebhookReceiver
beforeAll(async () => {
  receiver = await WebhookReceiver.start()
})
beforeEach(() => {
  receiver.deliveries.length = 0
  receiver.respond = (response) => response.writeHead(204).end()
})
/** Each test has a webhook of its own, and no other. */
afterEach(async () => {
  for (const { id } of await call<Created[]>('/webhooks')) await call(`/webhooks/${id}`, 'DELETE')
})
afterAll(() => receiver.stop())

interface Created {
  readonly id: string
}

/** Calls the registry as an operator. */
async function call<T>(path: string, method = 'GET', json?: object): Promise<T> {
  const response = await fetch(`${dashboard.registry.url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${ADMIN}`,
      ...(json && { 'content-type': 'application/json' }),
    },
    ...(json && { body: JSON.stringify(json) }),
  })
  expect(response.status).toBe(200)
  return (await response.json()) as T
}

/** Registers an agent whose lease does not lapse: that would be another change. */
const register = (agentId: string) =>
  call('/agents/register', 'POST', {
    ...{ agent_id: agentId, agent_name: 'A', host: 'h', port: 1, ttl_seconds: 3600 },
  })

const create = (more: object = {}) =>
  call<Created>('/webhooks', 'POST', { url: receiver.url, ...more })

/** The types of the events that have arrived. */
const arrived = () =>
  receiver.deliveries.map(({ body }) => (JSON.parse(body) as { type: string }).type)

async function open(hash = '#/webhooks'): Promise<Page> {
  const page = await dashboard.open(hash)
  await page.getByLabel('Token').fill(ADMIN)
  await page.getByRole('button', { name: 'Continue' }).click()
  return page
}

const rowIn = (page: Page) => page.getByRole('row', { name: receiver.url })

const confirm = (page: Page, name: string) =>
  page.getByRole('dialog').getByRole('button', { name, exact: true }).click()

test('a webhook is created for some agents, its secret is shown once, and its deliveries are', async () => {
  const page = await open()
  // The clipboard of a browser without a window needs a permission.
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByText('No webhooks').waitFor()
  await page.getByRole('button', { name: 'Create a webhook' }).click()
  await page.getByLabel('URL').fill(receiver.url)
  await page.getByLabel('Ids').fill('team-a:*')
  await page.getByRole('checkbox', { name: 'ready' }).check()
  await page.getByRole('checkbox', { name: 'busy' }).check()
  await page.getByText('The same as a command').click()
  expect(await page.getByRole('dialog').locator('pre').textContent()).toContain(
    "--id 'team-a:*' \\\n  --status 'ready' \\\n  --status 'busy'",
  )
  await confirm(page, 'Create')
  await page.getByRole('button', { name: 'Copy secret' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const secret = (await page.evaluate('navigator.clipboard.readText()')) as string
  expect(await page.locator('.secret').textContent()).toBe(secret)
  await page.getByRole('button', { name: 'Done' }).click()
  const row = rowIn(page)
  for (const text of ['id team-a:*; status ready or busy', 'active', 'none yet', 'by operator']) {
    await row.getByText(text, { exact: true }).waitFor()
  }
  expect(await page.content()).not.toContain(secret)

  await register('team-b:1')
  await register('team-a:1')
  await row.getByText('none yet').waitFor({ state: 'detached' })
  await row.getByText('up to date').waitFor()
  const events = receiver.deliveries.map((delivery) => verified(delivery, secret))
  expect(events).toMatchObject([{ subject: 'team-a:1' }])
  await page.close()
})

test('a receiver that fails is shown with its last error, and so is that it accepts events again', async () => {
  await create()
  const page = await open()
  const row = rowIn(page)
  await row.getByText('active').waitFor()
  receiver.respond = (response) => response.writeHead(500).end()
  await register('failing-1')
  await row.getByText('failing', { exact: true }).waitFor()
  await row.getByText('status 500', { exact: true }).waitFor()
  await row.getByText(/^since .*, for \d+\ss$/).waitFor()
  await row.getByText('1 change behind').waitFor()
  receiver.respond = (response) => response.writeHead(204).end()
  await row.getByText('active').waitFor()
  await row.getByText('up to date').waitFor()
  expect(await row.getByText('status 500').count()).toBe(0)
  await page.close()
})

test('a test event is sent, and what the receiver makes of it is said', async () => {
  await create({ enabled: false })
  const page = await open()
  const row = rowIn(page)
  const send = row.getByRole('button', { name: 'Test' })
  await send.click()
  await row.getByRole('status').getByText('accepted with status 204', { exact: true }).waitFor()
  expect(arrived()).toEqual(['dev.rollcall.webhook.test'])
  receiver.respond = (response) => response.writeHead(503).end()
  await send.click()
  await row.getByRole('status').getByText('not accepted: status 503').waitFor()
  await page.close()
})

test('the result of a test is waited for as long as a receiver may take', async () => {
  await create({ enabled: false })
  receiver.respond = () => undefined
  const page = await open()
  const row = rowIn(page)
  await row.getByRole('button', { name: 'Test' }).click()
  await row.getByText(`not accepted: no response within ${WEBHOOK_TIMEOUT_SECONDS} s`).waitFor()
  await page.close()
})

test('a webhook is disabled, and goes on where it was once it is enabled', async () => {
  await create()
  const page = await open()
  const row = rowIn(page)
  await row.getByRole('button', { name: 'Disable' }).click()
  await confirm(page, 'Disable')
  await row.getByText('disabled').waitFor()
  await register('paused-1')
  await row.getByText('1 change behind').waitFor()
  expect(arrived()).toEqual([])
  await row.getByRole('button', { name: 'Enable' }).click()
  await confirm(page, 'Enable')
  await row.getByText('active').waitFor()
  await row.getByText('up to date').waitFor()
  expect(arrived()).toEqual(['dev.rollcall.agent.registered'])
  await page.close()
})

test('a webhook is deleted once that is confirmed', async () => {
  const { id } = await create()
  const isThere = async () => (await call<Created[]>('/webhooks')).some((each) => each.id === id)
  const page = await open()
  const row = rowIn(page)
  await row.getByRole('button', { name: 'Delete' }).click()
  await confirm(page, 'Cancel')
  expect(await isThere()).toBe(true)
  await row.getByRole('button', { name: 'Delete' }).click()
  await confirm(page, 'Delete')
  await row.waitFor({ state: 'detached' })
  expect(await isThere()).toBe(false)
  await page.close()
})

test('what the registry refuses is said, and nothing is lost', async () => {
  const page = await open()
  await page.getByRole('button', { name: 'Create a webhook' }).click()
  for (const [url, reason] of [
    ['javascript:alert(1)', 'must be an http'],
    ['http://10.0.0.1/', 'is refused'],
  ] as const) {
    await page.getByLabel('URL').fill(url)
    await confirm(page, 'Create')
    await page.getByRole('alert').getByText(reason).waitFor()
    expect(await page.getByLabel('URL').inputValue()).toBe(url)
  }
  await page.close()
})

test('URLs, filters and errors are text, and a URL is a link only if it is one of the web', async () => {
  await create({
    url: `${receiver.url}?${MARKUP}`,
    enabled: false,
    filter: { capability: [MARKUP] },
  })
  const page = await open()
  await page.getByText(`capability ${MARKUP}`).waitFor()
  const link = page.locator('.data-table a', { hasText: MARKUP })
  expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
  // What this registry would neither accept nor report, another one might.
  const hostile = {
    url: `javascript:globalThis.owned=1//${MARKUP}`,
    last_error: MARKUP,
    created_by: MARKUP,
  }
  await page.route('**/webhooks', async (route) => {
    const response = await route.fetch()
    const [first, ...rest] = (await response.json()) as object[]
    await route.fulfill({ response, json: [{ ...first, ...hostile }, ...rest] })
  })
  await page.locator('.field-error').getByText(MARKUP, { exact: true }).waitFor()
  await page.getByText(hostile.url, { exact: true }).waitFor()
  expect(await page.locator('a[href^="javascript"]').count()).toBe(0)
  expect(await page.evaluate('globalThis.owned')).toBeUndefined()
  expect(await page.locator('#root img:not([alt=""])').count()).toBe(0)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await page.close()
})

test('with the keyboard alone: create a webhook, read its secret once, delete it', async () => {
  const page = await open('#/')
  await page.getByRole('link', { name: 'Webhooks' }).waitFor()
  await page.keyboard.press('5')
  await page.getByRole('button', { name: 'Create a webhook' }).waitFor()
  await tabTo(page, 'Create a webhook')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await tabTo(page, 'hooks.example')
  await page.keyboard.type(receiver.url)
  await page.keyboard.press('Enter')
  await page.locator('.secret').waitFor()
  await tabTo(page, 'Copy secret')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await rowIn(page).waitFor()
  await tabTo(page, 'Delete the webhook')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await tabTo(page, '>Delete</button>')
  await page.keyboard.press('Enter')
  await rowIn(page).waitFor({ state: 'detached' })
  await page.close()
})
