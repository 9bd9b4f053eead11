import { expect, test } from 'vitest'
import { rowOf, useDashboard } from './dashboard-under-test.ts'

const dashboard = useDashboard()
const MARKUP = '<img src=x onerror="globalThis.owned = 1"><script>globalThis.owned = 1</script>'

test('what agents say is text, on every view', async () => {
  await dashboard.register('hostile', {
    agent_name: MARKUP,
    capabilities: [MARKUP],
    version: MARKUP,
    description: MARKUP,
    metadata: { [MARKUP]: MARKUP },
  })
  const page = await dashboard.open('#/agents')
  await rowOf(page, 'hostile').click()
  const panel = page.locator('.agent-panel')
  await panel.getByText(MARKUP).first().waitFor()
  for (const hash of ['#/', '#/events']) {
    await page.goto(`${dashboard.registry.url}/${hash}`)
    await page.getByText('hostile').first().waitFor()
  }
  expect(await page.evaluate('globalThis.owned')).toBeUndefined()
  expect(await page.locator('#root img:not([alt=""])').count()).toBe(0)
  await page.close()
})

test('a URL of an agent is a link only if it is one of the web, and tells it nothing of the dashboard', async () => {
  await dashboard.register('linked', { url: 'https://agent.example/a' })
  const page = await dashboard.open('#/agents/linked')
  const link = page.locator('a[href="https://agent.example/a"]')
  await link.waitFor()
  expect(await link.getAttribute('rel')).toBe('noopener noreferrer')
  for (const url of ['mcp://agent.example', 'ws://agent.example/']) {
    await dashboard.register('linked', { url })
    await page.getByText(url, { exact: true }).waitFor()
    expect(await page.locator(`a[href^="${url}"]`).count()).toBe(0)
  }
  await page.close()
})
