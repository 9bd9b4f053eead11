// The tokens of a registry, seen and changed in a browser.
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { tabTo, useDashboard } from './dashboard-under-test.ts'

const dashboard = useDashboard()

/** Calls the registry with a token. */
async function statusWith(token: string, path = '/agents'): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${dashboard.registry.url}${path}`, { headers })).status
}

/** Creates a token, and returns the text that is shown once. */
async function create(page: Page, fill: (page: Page) => Promise<void>): Promise<string> {
  await page.getByRole('button', { name: 'Create a token' }).click()
  await fill(page)
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  const secret = page.locator('.secret')
  await secret.waitFor()
  const text = await secret.textContent()
  await page.getByRole('button', { name: 'Done' }).click()
  await secret.waitFor({ state: 'detached' })
  return text ?? ''
}

/** Each test continues with the registry as the one before has left it. */
let admin: string

test('the first token begins access control, and the page goes on with it', async () => {
  const page = await dashboard.open('#/tokens')
  await page.getByText('Whoever reaches the registry may do everything').waitFor()
  admin = await create(page, async () => {
    await page.getByText('Its first token is for an operator').waitFor()
    await page.getByLabel('Name').fill('alice')
  })
  await page.getByRole('row', { name: /alice/ }).waitFor()
  expect(admin).toMatch(/^rct_/)
  expect(await statusWith(admin, '/tokens')).toBe(200)
  expect((await fetch(`${dashboard.registry.url}/tokens`)).status).toBe(401)
  await page.locator('.user', { hasText: 'alice admin' }).waitFor()
  // Nowhere but in the session of this tab.
  expect(await page.content()).not.toContain(admin)
  expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie')).not.toContain(admin)
  await page.close()
})

async function signIn(token: string, hash = '#/tokens') {
  const page = await dashboard.open(hash)
  await page.getByRole('button', { name: 'Use a token' }).click()
  await page.getByLabel('Token').fill(token)
  await page.getByRole('button', { name: 'Continue' }).click()
  return page
}

test('a token for the agents of a team is created with its limits, copied, listed and revoked', async () => {
  const page = await signIn(admin)
  const token = await create(page, async () => {
    await page.getByLabel('Name').fill('ci')
    await page.getByLabel('Scope').selectOption('agent')
    await page.getByLabel('Agents that it may change').fill('team-a:*, reader-1')
    await page.getByLabel('Agents that it sees').fill('team-*')
    await page.getByLabel('Expires after').selectOption('30 days')
    await page.getByText('The same as a command').click()
    expect(await page.getByRole('dialog').locator('pre').textContent()).toContain(
      "--agents 'team-a:*,reader-1' \\\n  --reads 'team-*' \\\n  --expires 30d",
    )
  })
  expect(await statusWith(token)).toBe(200)
  const row = page.getByRole('row', { name: /ci/ })
  for (const text of ['agent', 'team-a:*, reader-1', 'team-*', 'in 29 d', 'by alice']) {
    await row.getByText(text, { exact: true }).first().waitFor()
  }
  await row.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
  expect(await statusWith(token)).toBe(200)
  await row.getByRole('button', { name: 'Revoke' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click()
  await row.waitFor({ state: 'detached' })
  expect(await statusWith(token)).toBe(401)
  await page.close()
})

test('what the registry refuses is said, and nothing is lost', async () => {
  const page = await signIn(admin)
  await page.getByRole('button', { name: 'Create a token' }).click()
  await page.getByLabel('Name').fill('not a name')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('alert').waitFor()
  expect(await page.getByLabel('Name').inputValue()).toBe('not a name')
  await page.close()
})

test('the copy button copies the text of the token', async () => {
  const page = await signIn(admin)
  // The clipboard of a browser without a window needs a permission.
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await page.getByRole('button', { name: 'Create a token' }).click()
  await page.getByLabel('Name').fill('copied')
  await page.getByRole('button', { name: 'Create', exact: true }).click()
  await page.getByRole('button', { name: 'Copy token' }).click()
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  const text = await page.locator('.secret').textContent()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(text)
  await page.close()
})

test('who is no operator gets no link to the tokens, and no buttons there', async () => {
  const operator = await signIn(admin)
  const reader = await create(operator, async () => operator.getByLabel('Name').fill('reader'))
  await operator.close()
  const page = await signIn(reader, '#/agents')
  await page.getByText('No agents yet').waitFor()
  await page.locator('.user', { hasText: 'reader' }).waitFor()
  expect(await page.getByRole('link', { name: 'Tokens' }).count()).toBe(0)
  await page.goto(`${dashboard.registry.url}/#/tokens`)
  await page.getByText('Tokens are for operators').waitFor()
  expect(await page.getByRole('button', { name: 'Create a token' }).count()).toBe(0)
  await page.close()
})

test('with the keyboard alone: sign in, create a token, read it once, revoke it', async () => {
  const page = await dashboard.open('#/')
  await page.getByRole('button', { name: 'Use a token' }).waitFor()
  await tabTo(page, 'Use a token')
  await page.keyboard.press('Enter')
  // The prompt has the focus already.
  await page.getByLabel('Token').waitFor()
  await page.keyboard.type(admin)
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: 'Tokens' }).waitFor()
  await page.keyboard.press('4')
  await page.getByRole('heading', { name: 'Tokens' }).waitFor()
  await page.getByRole('button', { name: 'Create a token' }).waitFor()
  await tabTo(page, 'Create a token')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await tabTo(page, 'placeholder="ci"')
  await page.keyboard.type('keyed')
  await page.keyboard.press('Enter')
  await page.locator('.secret').waitFor()
  await tabTo(page, 'Copy token')
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.getByRole('row', { name: /keyed/ }).waitFor()
  await tabTo(page, 'of keyed')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await tabTo(page, '>Revoke</button>')
  await page.keyboard.press('Enter')
  await page.getByRole('row', { name: /keyed/ }).waitFor({ state: 'detached' })
  await page.close()
})
