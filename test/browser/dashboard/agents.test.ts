import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { describe, expect, test } from 'vitest'
import { idsIn, rowOf, useDashboard } from './dashboard-under-test.ts'

const dashboard = useDashboard()

/** More than a page of the list. */
const MANY = Array.from({ length: 350 }, (_, index) => `many-${String(index).padStart(3, '0')}`)

async function openMany(): Promise<Page> {
  await Promise.all(MANY.map((id) => dashboard.register(id)))
  const page = await dashboard.open('#/agents?prefix=many-')
  await rowOf(page, 'many-000').waitFor()
  return page
}

async function scrollToTheLast(page: Page): Promise<void> {
  await page.getByRole('grid').focus()
  await expect
    .poll(async () => {
      await page.keyboard.press('End')
      return idsIn(page)
    })
    .toContain(MANY.at(-1))
}

describe('the list of agents', () => {
  test('shows an agent as soon as it is registered, and its lease running out', async () => {
    const page = await dashboard.open('#/agents')
    await page.getByText('No agents yet').waitFor()
    await dashboard.register('short-lived', { ttl_seconds: 4 })
    const row = rowOf(page, 'short-lived')
    await row.waitFor()
    const left = () => row.locator('.ring-left').getAttribute('stroke-dashoffset').then(Number)
    const first = await left()
    await expect.poll(left).toBeGreaterThan(first)
    await expect.poll(() => row.locator('.ring').getAttribute('class')).toMatch(/ring-(late|over)/)
    // It is still shown for a moment, so that nobody wonders where it went.
    await row.locator('.status-expired').waitFor()
    await row.waitFor({ state: 'detached' })
    expect(await idsIn(page)).toEqual([])
    await page.close()
  })

  test('searches as you type, filters, sorts, and keeps all of it in the URL', async () => {
    await dashboard.register('alpha-1', { capabilities: ['search'], load: 0.9 })
    await dashboard.register('alpha-2', { capabilities: ['search', 'plan'], load: 0.1 })
    await dashboard.register('beta-1', { capabilities: ['plan'], status: 'busy', load: 0.5 })
    const page = await dashboard.open('#/agents')
    await expect.poll(() => idsIn(page)).toEqual(['alpha-1', 'alpha-2', 'beta-1'])

    await page.getByLabel('Search', { exact: true }).pressSequentially('plan')
    await expect.poll(() => idsIn(page)).toEqual(['alpha-2', 'beta-1'])
    await page.getByRole('button', { name: /^ready/ }).click()
    await expect.poll(() => idsIn(page)).toEqual(['alpha-2'])

    const shared = await dashboard.open(new URL(page.url()).hash)
    await expect.poll(() => idsIn(shared)).toEqual(['alpha-2'])
    expect(await shared.getByLabel('Search', { exact: true }).inputValue()).toBe('plan')
    await shared.getByLabel('Search', { exact: true }).fill('')
    await shared.getByRole('button', { name: /^ready/ }).click()
    await shared.getByRole('button', { name: 'Load' }).click()
    await expect.poll(() => idsIn(shared)).toEqual(['alpha-1', 'beta-1', 'alpha-2'])
    await shared.getByRole('button', { name: 'Load' }).click()
    await expect.poll(() => idsIn(shared)).toEqual(['alpha-2', 'beta-1', 'alpha-1'])
    await shared.getByLabel('Id begins with').fill('alpha')
    await shared.getByLabel('Capability').fill('search')
    await expect.poll(() => idsIn(shared)).toEqual(['alpha-2', 'alpha-1'])
    for (const opened of [page, shared]) await opened.close()
  })

  test('searches while the fleet never rests', async () => {
    const page = await dashboard.open('#/agents')
    await rowOf(page, 'alpha-1').waitFor()
    const stop = new AbortController()
    const churn = (async () => {
      for (let change = 0; !stop.signal.aborted; change++) {
        // Changes of one agent would be delayed.
        await dashboard.register(`restless-${change % 50}`, { version: String(change) })
        await sleep(20)
      }
    })()
    try {
      await page.getByLabel('Search', { exact: true }).fill('beta')
      await expect.poll(() => idsIn(page)).toEqual(['beta-1'])
    } finally {
      stop.abort()
      await churn
    }
    await page.close()
  })

  test('cuts a long host, but not the port after it', async () => {
    await dashboard.register('far-away', { host: `${'h'.repeat(60)}.example`, port: 4711 })
    const page = await dashboard.open('#/agents?prefix=far-')
    const endpoint = rowOf(page, 'far-away').locator('.endpoint')
    await endpoint.getByText(':4711').waitFor()
    const isWhole = (name: string) =>
      page.evaluate(`(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)
        (document.querySelector('${name}'))`)
    expect([await isWhole('.endpoint'), await isWhole('.endpoint > span')]).toEqual([true, false])
    await page.close()
  })

  test('says that nothing matches, and leads back', async () => {
    const page = await dashboard.open('#/agents?q=nowhere')
    await page.getByText('No agent matches').waitFor()
    await page.getByRole('link', { name: 'Clear all filters' }).click()
    await rowOf(page, 'alpha-1').waitFor()
    await page.close()
  })

  test('reads further pages while scrolling, and has only the rows on the screen', async () => {
    const page = await openMany()
    expect((await idsIn(page)).length).toBeLessThan(60)
    await scrollToTheLast(page)
    expect((await idsIn(page)).length).toBeLessThan(60)
    await page.close()
  })

  test('reads a page again that could not be read', async () => {
    const page = await openMany()
    let refused = 0
    await page.route(/[?&]cursor=/, (route) => (refused++ < 5 ? route.abort() : route.fallback()))
    await scrollToTheLast(page)
    await page.getByRole('status').getByText('350 agents').waitFor()
    expect(refused).toBeGreaterThan(5)
    await page.unrouteAll({ behavior: 'ignoreErrors' })
    await page.close()
  })

  test('keeps heartbeats and loads of the rows on the screen current', async () => {
    await dashboard.register('loaded-1', { load: 0.25 })
    const page = await dashboard.open('#/agents?q=loaded')
    const row = rowOf(page, 'loaded-1')
    await expect.poll(() => row.locator('.cell-load').textContent()).toBe('25%')
    await dashboard.registry.http.send('POST', '/agents/loaded-1/heartbeat', { load: 0.75 })
    await expect.poll(() => row.locator('.cell-load').textContent()).toBe('75%')
    await page.close()
  })
})
