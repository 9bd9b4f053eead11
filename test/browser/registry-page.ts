import type { BrowserContext, Page } from 'playwright-core'
import { parsePrometheusText, sampleValue } from '../http/support/prometheus-text.ts'

/** Evaluates an expression in a page, and awaits its promise. */
export function inPage(page: Page, expression: string): Promise<unknown> {
  return page.evaluate(expression)
}

/** Opens a page at a URL with the bundled client as `RollcallClient`. */
export async function pageWithClient(
  browser: Pick<BrowserContext, 'newPage'>,
  { url, bundle }: { url: string; bundle: string },
): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(url)
  await page.evaluate(
    `${bundle.replace(/^(var|const|let) RollcallClient/m, 'globalThis.RollcallClient')}
    ;undefined`,
  )
  return page
}

/** Returns the value of a metric of a registry; 0 if it has no such sample yet. */
export async function metricOf(
  registryUrl: string,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = await (await fetch(`${registryUrl}/metrics`)).text()
  return sampleValue(parsePrometheusText(text), name, labels)
}
