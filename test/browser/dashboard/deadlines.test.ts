// Leases by their deadlines: on the page of the fleet, and in a list in this order.
import { readFileSync, writeFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registration } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { runRollcall } from '../../e2e/support/rollcall-command.ts'
import { sqliteUrl, TemporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { startBrowser } from '../browser.ts'
import { idsIn, openDashboard, rowOf } from './dashboard-under-test.ts'

/** Each lease with its TTL, and what is left of it, in seconds. None lapses during a test. */
const LEASES: Readonly<Record<string, readonly [ttl: number, left: number]>> = {
  'on-time': [600, 400],
  fresh: [3600, 3500],
  // A third or less is left. The heartbeat of the long one was earlier, its deadline is later.
  'late-long': [3600, 1000],
  'late-short': [900, 250],
}
const BY_DEADLINE = ['late-short', 'on-time', 'late-long', 'fresh']

let browser: Browser
let folder: TemporaryFolder
let registry: RegistryProcess
beforeAll(async () => {
  browser = await startBrowser()
  folder = new TemporaryFolder()
  registry = await startWithLeases(folder)
})
afterAll(async () => {
  await browser?.close()
  await registry?.[Symbol.asyncDispose]()
  folder?.[Symbol.dispose]()
})

interface ExportedLine {
  readonly at_ms?: number
  readonly agent?: { agent_id: string; last_heartbeat_ms: number; lease_remaining_ms: number }
}

/** Instead of waiting for half an hour: exports the leases, changes them to what they would be then, and imports them. */
async function startWithLeases({ path: cwd }: TemporaryFolder): Promise<RegistryProcess> {
  const [before, after] = ['before.db', 'after.db'].map((name) => sqliteUrl(`${cwd}/${name}`))
  const leases = `${cwd}/leases.jsonl`
  const run = async (...args: string[]) =>
    expect(await runRollcall(args, { cwd })).toMatchObject({ code: 0, stderr: '' })
  {
    await using first = await RegistryProcess.start({ cwd, db: `${before}` })
    for (const [id, [ttl]] of Object.entries(LEASES)) {
      const body = { ...registration(id), ttl_seconds: ttl }
      expect((await first.http.send('POST', '/agents/register', body)).status).toBe(200)
    }
    await first.stop()
  }
  await run('export', '--db', `${before}`, '--to', leases)
  const lines = readFileSync(leases, 'utf8').trim().split('\n')
  const atMs = (JSON.parse(lines[0] ?? '') as ExportedLine).at_ms ?? Number.NaN
  const changed = lines.map((line) => {
    const { agent, ...rest } = JSON.parse(line) as ExportedLine
    if (agent === undefined) return line
    const [ttl, left] = LEASES[agent.agent_id] ?? []
    const lease = {
      last_heartbeat_ms: atMs - 1000 * (Number(ttl) - Number(left)),
      lease_remaining_ms: 1000 * Number(left),
    }
    return JSON.stringify({ agent: { ...agent, ...lease }, ...rest })
  })
  writeFileSync(leases, `${changed.join('\n')}\n`)
  await run('import', '--db', `${after}`, '--from', leases)
  return RegistryProcess.start({ cwd, db: `${after}` })
}

/** The agents of "About to lapse", from the top. */
const lateIn = (page: Page) =>
  page.getByRole('region', { name: 'About to lapse' }).locator('li a').allTextContents()

const leaseOf = (page: Page, agentId: string) =>
  rowOf(page, agentId).locator('.cell-lease').textContent()

test('late agents are shown by the nearest deadline, whatever their TTL, and the link leads to a list in this order', async () => {
  const page = await openDashboard(browser, `${registry.url}/#/`)
  await expect.poll(() => lateIn(page)).toEqual(['late-short', 'late-long'])
  await page.getByRole('link', { name: 'All by deadline' }).click()
  await expect.poll(() => idsIn(page)).toEqual(BY_DEADLINE)
  expect(new URL(page.url()).hash).toBe('#/agents?sort=expires_at')
  expect(await page.getByLabel('Order').inputValue()).toBe('expires_at')
  // What is sorted by is shown.
  expect(await leaseOf(page, 'late-long')).toMatch(/^1[56]\smin left$/)

  const shared = await openDashboard(browser, page.url())
  await expect.poll(() => idsIn(shared)).toEqual(BY_DEADLINE)
  await shared.getByRole('button', { name: 'Deadline' }).click()
  await expect.poll(() => idsIn(shared)).toEqual(BY_DEADLINE.toReversed())
  expect(new URL(shared.url()).hash).toBe('#/agents?sort=-expires_at')
  await shared.reload()
  await expect.poll(() => idsIn(shared)).toEqual(BY_DEADLINE.toReversed())
  for (const opened of [page, shared]) await opened.close()
})

test('a heartbeat moves its row, but not while the user is about to click one', async () => {
  const page = await openDashboard(browser, `${registry.url}/#/agents?sort=expires_at`)
  await expect.poll(() => idsIn(page)).toEqual(BY_DEADLINE)
  await page.getByRole('grid').focus()
  await page.keyboard.press('ArrowDown')
  await page.evaluate(`globalThis.moving = setInterval(() =>
    document.querySelector('.table-body').dispatchEvent(new PointerEvent('pointermove', { bubbles: true })), 100)`)
  await registry.http.send('POST', '/agents/late-short/heartbeat')
  // What the row shows is current nevertheless.
  await expect.poll(() => leaseOf(page, 'late-short')).toMatch(/^1[45]\smin left$/)
  expect(await idsIn(page)).toEqual(BY_DEADLINE)
  await page.evaluate('clearInterval(globalThis.moving)')
  await expect.poll(() => idsIn(page)).toEqual(['on-time', 'late-short', 'late-long', 'fresh'])
  // The keys are still where they were: at the agent, not at its place.
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'on-time' }).waitFor()
  await page.close()
})

test('an agent that has left is shown for a moment, although the list is read again meanwhile', async () => {
  const page = await openDashboard(browser, `${registry.url}/#/agents?sort=expires_at`)
  await rowOf(page, 'fresh').waitFor()
  const shownMs = page.evaluate(`new Promise((resolve) => {
    let beganMs
    setInterval(() => {
      const isShown = document.querySelector('.row.leaving[id="row-fresh"]') !== null
      if (isShown) beganMs ??= performance.now()
      else if (beganMs !== undefined) resolve(performance.now() - beganMs)
    }, 50)
  })`)
  expect((await registry.http.send('DELETE', '/agents/fresh')).status).toBe(200)
  // Reads are 2 s apart.
  expect(await shownMs).toBeGreaterThan(3000)
  await page.close()
})
