// Nothing jumps on the screen: neither while a page loads, nor while the fleet changes.
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, test } from 'vitest'
import { useDashboard } from './dashboard-under-test.ts'

/** The browser rounds parts of pixels; what a reader notices is far more, and 0.1 is what is called good. */
const MOST_SHIFT = 0.001
const SIZES = {
  'a wide screen': { width: 1440, height: 900 },
  'a phone': { width: 360, height: 740 },
}
const VIEWS: readonly [hash: string, isShown: string][] = [
  ['#/', 'registered by request'],
  ['#/agents', 'steady-1'],
  ['#/agents/steady-1', 'registered by request'],
  ['#/events', 'registered by request'],
  ['#/tokens', 'No tokens'],
  ['#/webhooks', 'No webhooks'],
]

const dashboard = useDashboard()
beforeAll(async () => {
  for (let index = 0; index < 30; index++) {
    await dashboard.register(`steady-${index}`, {
      capabilities: ['search', `c${index % 7}`],
      ttl_seconds: 3600,
    })
  }
})

/** Returns what has moved since the page was opened: its share of the screen, and what it was. */
async function shiftsOf(page: Page): Promise<{ sum: number; banners: string; moved: string[] }> {
  return page.evaluate(`(async () => {
    const entries = await new Promise((resolve) => {
      new PerformanceObserver((list, observer) => {
        observer.disconnect()
        resolve(list.getEntries())
      }).observe({ type: 'layout-shift', buffered: true })
      setTimeout(() => resolve([]), 500)
    })
    const unexpected = entries.filter(({ hadRecentInput }) => !hadRecentInput)
    return {
      sum: unexpected.reduce((sum, { value }) => sum + value, 0),
      banners: document.querySelector('.banners').textContent,
      moved: unexpected.flatMap(({ sources, value }) => sources.map(({ node, previousRect: a, currentRect: b }) =>
        value.toFixed(4) + ' ' + (node?.className || node?.nodeName) + ' y ' + a.y + '->' + b.y + ' x ' + a.x + '->' + b.x + ' h ' + a.height + '->' + b.height)),
    }
  })()`)
}

describe.each(Object.entries(SIZES))('on %s', (_name, viewport) => {
  test.each(VIEWS)('%s does not move while it loads and changes', async (hash, isShown) => {
    const page = await dashboard.open(hash, { viewport })
    await page.getByText(isShown).first().waitFor()
    const id = `new-${viewport.width}-${hash.replaceAll(/\W/g, '')}`
    await dashboard.register(id, { capabilities: ['search'], ttl_seconds: 3600 })
    // Two samples of the metrics, and a read of everything else but capabilities.
    await page.waitForTimeout(4000)
    const { sum, banners, moved } = await shiftsOf(page)
    // A banner may move what is below it: something is wrong then.
    expect(banners).toBe('')
    expect(sum, moved.join('\n')).toBeLessThan(MOST_SHIFT)
    await page.close()
  })
})

test('what moves is noticed', async () => {
  const page = await dashboard.open('#/agents')
  await page.getByText('steady-1').first().waitFor()
  await page.evaluate(`document.querySelector('.filters').style.paddingTop = '40px'`)
  await expect.poll(async () => (await shiftsOf(page)).sum).toBeGreaterThan(MOST_SHIFT)
  await page.close()
})
