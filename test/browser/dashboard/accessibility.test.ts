import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useDashboard } from './dashboard-under-test.ts'

const dashboard = useDashboard(() => ['--webhook-networks', '127.0.0.1'])
/** The token of an operator, once there is one. */
let admin = ''

beforeAll(async () => {
  for (const status of ['ready', 'busy', 'draining']) {
    await dashboard.register(`agent-${status}`, {
      status,
      load: 0.5,
      capabilities: ['search', 'plan', 'code', 'sql'],
      metadata: { region: 'eu-1', gpu: { count: 2, on: true, since: null } },
      protocol: 'a2a',
    })
  }
  await dashboard.register('agent-gone', { ttl_seconds: 1 })
  const skills = [{ id: 'cite', name: 'Cite', description: 'Finds the page.', tags: ['papers'] }]
  await dashboard.register('agent-card', {
    card: { name: 'Reader', description: 'Reads.', url: 'http://10.0.0.7:8000', skills },
  })
})

/** Violations of WCAG 2.2 AA and of best practice. */
async function violationsIn(page: Page): Promise<string[]> {
  await page.evaluate(axe.source)
  const found = await page.evaluate(
    `axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => id + ': ' + html.slice(0, 200) + ' ' + failureSummary)))`,
  )
  return found as string[]
}

const VIEWS: readonly [name: string, hash: string, isShown: string][] = [
  ['Fleet', '#/', 'Latest changes'],
  ['Agents', '#/agents?dead=true', 'agent-ready'],
  ['one agent', '#/agents/agent-ready', 'registered by request'],
  ['Events', '#/events', 'registered by request'],
  ['one with a card', '#/agents/agent-card', 'Finds the page.'],
  ['Tokens without any', '#/tokens', 'No tokens'],
  ['Webhooks without any', '#/webhooks', 'No webhooks'],
  ['a search without a result', '#/agents?q=nowhere', 'No agent matches'],
]

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  test.each(VIEWS)('%s has no barrier that axe finds', async (_name, hash, text) => {
    const page = await dashboard.open(hash, { colorScheme, reducedMotion: 'reduce' })
    await page.getByText(text).first().waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.close()
  })

  test('neither has it on a phone, in a dialog or in the help', async () => {
    const viewport = { width: 360, height: 740 }
    const page = await dashboard.open('#/agents/agent-ready', { colorScheme, viewport })
    await page.getByText('registered by request').waitFor()
    expect(await violationsIn(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await page.getByRole('button', { name: 'Drain' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.close()
  })
})

test.each(['light', 'dark'] as const)(
  'neither have webhooks, or the dialogs about them, in %s colours',
  async (colorScheme) => {
    const page = await dashboard.open('#/webhooks', { colorScheme, reducedMotion: 'reduce' })
    await page.getByRole('button', { name: 'Create a webhook' }).click()
    // Nothing listens there.
    await page.getByLabel('URL').fill('http://127.0.0.1:9/a-receiver-that-is-down')
    expect(await violationsIn(page)).toEqual([])
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.locator('.secret').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.getByRole('button', { name: 'Done' }).click()
    await dashboard.register(`agent-${colorScheme}`)
    const row = page.getByRole('row', { name: /a-receiver-that-is-down/ }).last()
    await row.getByText('failing', { exact: true }).waitFor()
    await row.getByRole('button', { name: 'Test' }).click()
    await row.getByText('not accepted').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await violationsIn(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await row.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('dialog').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await row.getByText('disabled').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.close()
  },
)

test.each(['light', 'dark'] as const)(
  'neither have tokens, the dialogs about them, or the prompt for one, in %s colours',
  async (colorScheme) => {
    // The first token begins access control, so this comes last.
    const isFirst = colorScheme === 'light'
    const page = await dashboard.open('#/tokens', { colorScheme, reducedMotion: 'reduce' })
    if (!isFirst) {
      await page.getByRole('button', { name: 'Use a token' }).click()
      await page.getByLabel('Token').waitFor()
      expect(await violationsIn(page)).toEqual([])
      await page.getByLabel('Token').fill(admin)
      await page.getByRole('button', { name: 'Continue' }).click()
    }
    await page.getByRole('button', { name: 'Create a token' }).click()
    await page.getByLabel('Name').fill('alice')
    await page.getByLabel('Scope').selectOption('admin')
    expect(await violationsIn(page)).toEqual([])
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.locator('.secret').waitFor()
    expect(await violationsIn(page)).toEqual([])
    admin = (await page.locator('.secret').textContent()) ?? ''
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('row', { name: /alice/ }).first().waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.setViewportSize({ width: 360, height: 740 })
    expect(await violationsIn(page)).toEqual([])
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360)
    await page.getByRole('button', { name: 'Revoke' }).last().click()
    await page.getByRole('dialog').waitFor()
    expect(await violationsIn(page)).toEqual([])
    await page.close()
  },
)
