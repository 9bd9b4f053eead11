import { expect, test } from 'vitest'
import { idsIn, tabTo, useDashboard } from './dashboard-under-test.ts'

const dashboard = useDashboard()

test('everything is reached with the keyboard alone', async () => {
  for (const id of ['key-1', 'key-2', 'key-3']) await dashboard.register(id)
  const page = await dashboard.open('#/')
  const focused = () => page.evaluate('document.activeElement?.outerHTML ?? ""') as Promise<string>
  const hash = () => new URL(page.url()).hash
  await page.getByRole('heading', { name: 'Latest changes' }).waitFor()
  await page.keyboard.press('2')
  await expect.poll(() => idsIn(page)).toEqual(['key-1', 'key-2', 'key-3'])

  await page.keyboard.press('/')
  expect(await focused()).toContain('data-shortcut')
  await page.keyboard.type('key')
  await expect.poll(hash).toBe('#/agents?q=key')
  await page.keyboard.press('Escape')
  expect(await focused()).toContain('role="grid"')
  expect(await page.getByLabel('Search', { exact: true }).inputValue()).toBe('key')

  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'key-2' }).waitFor()
  expect(hash()).toBe('#/agents/key-2?q=key')
  await tabTo(page, '>Drain<')
  await page.keyboard.press('Enter')
  await page.getByRole('dialog').waitFor()
  await page.keyboard.type('by keyboard')
  await page.keyboard.press('Enter')
  await page.locator('.agent-panel .notice', { hasText: 'by keyboard' }).waitFor()
  await page.keyboard.press('Escape')
  await page.locator('.agent-panel').waitFor({ state: 'detached' })

  await page.keyboard.press('?')
  await page.getByRole('heading', { name: 'Keys' }).waitFor()
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  await page.keyboard.press('3')
  await page.getByText('maintenance by').first().waitFor()
  await page.close()
})
