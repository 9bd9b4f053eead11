import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { registration } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { startBrowser } from '../browser.ts'

/** Milliseconds that anything may take: nothing here is to fail because the machine is busy. */
const TIMEOUT_MS = 55_000

/** A registry with its dashboard in a real browser. */
export interface DashboardUnderTest {
  readonly registry: RegistryProcess
  readonly folder: TemporaryFolder
  /** Opens the dashboard, such as at `#/agents`. It fails the test if its policy is violated, or a script fails. */
  open(hash?: string, options?: BrowserContextOptions): Promise<Page>
  /** Registers an agent. */
  register(agentId: string, fields?: object): Promise<void>
}

/** Starts a registry and a browser for the tests of a file. */
export function useDashboard(
  argsIn: (folder: TemporaryFolder) => readonly string[] = () => [],
): DashboardUnderTest {
  let browser: Browser
  let registry: RegistryProcess
  let folder: TemporaryFolder
  beforeAll(async () => {
    browser = await startBrowser()
    folder = new TemporaryFolder()
    const args = argsIn(folder)
    registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args })
  })
  afterAll(async () => {
    await browser?.close()
    await registry?.[Symbol.asyncDispose]()
    folder?.[Symbol.dispose]()
  })
  return {
    get registry() {
      return registry
    },
    get folder() {
      return folder
    },
    open: (hash = '', options = {}) => openDashboard(browser, `${registry.url}/${hash}`, options),
    register: async (agentId, fields = {}) => {
      const body = { ...registration(agentId), ...fields }
      const { status } = await registry.http.send('POST', '/agents/register', body)
      expect(status).toBe(200)
    },
  }
}

/** Opens a dashboard, and fails the test if its policy is violated, or a script fails. */
export async function openDashboard(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, ...options })
  page.setDefaultTimeout(TIMEOUT_MS)
  page.on('pageerror', (error) => expect.unreachable(`a script failed: ${error.message}`))
  page.on('console', (message) => {
    const text = message.text()
    if (/Content Security Policy|TrustedHTML/i.test(text)) expect.unreachable(text)
  })
  await page.goto(url)
  return page
}

/** The row of an agent in the list. */
export function rowOf(page: Page, agentId: string) {
  return page.locator(`[role=row][id="row-${agentId}"]`)
}

/** The ids of the rows on the screen, from the top. */
export function idsIn(page: Page): Promise<string[]> {
  return page.evaluate(
    `[...document.querySelectorAll('.table-body [role=row]')]
      .sort((a, b) => Number(a.ariaRowIndex) - Number(b.ariaRowIndex))
      .map((row) => row.id.slice('row-'.length))`,
  )
}

/** Presses Tab until a control has the focus whose markup contains a text. */
export async function tabTo(page: Page, text: string): Promise<void> {
  // Not whatever contains it: until something has the focus, the whole page has.
  const focused = `document.activeElement.matches('a, button, input, select, summary')
    && document.activeElement.outerHTML.includes(${JSON.stringify(text)})`
  for (let presses = 0; !(await page.evaluate(focused)); presses++) {
    expect(presses, `no Tab reaches ${text}`).toBeLessThan(40)
    await page.keyboard.press('Tab')
  }
}
