import { expect, test } from 'vitest'
import { registration } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { sqliteUrl, TemporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { startBrowser } from '../browser.ts'
import { openDashboard, rowOf } from './dashboard-under-test.ts'

test('a registry that was killed is reported as lost, and followed again once it is back', async () => {
  using folder = new TemporaryFolder()
  await using browser = await startBrowser()
  const db = sqliteUrl(folder.file('agents.db'))
  await using before = await RegistryProcess.start({ cwd: folder.path, db })
  await before.http.send('POST', '/agents/register', registration('survivor'))
  const page = await openDashboard(browser, `${before.url}/#/agents`)
  await rowOf(page, 'survivor').waitFor()
  const { port } = before
  await before.kill()
  await page.getByText('Disconnected from the registry').waitFor()
  await page.getByText(/Data as of \d+:\d\d/).waitFor()
  // What was known stays, and time stands still: whether a lease has lapsed since is unknown.
  const leaseNow = () => rowOf(page, 'survivor').locator('.cell-lease').innerHTML()
  const hasStopped = async () => {
    const before = await leaseNow()
    await page.waitForTimeout(2500)
    return before === (await leaseNow())
  }
  await expect.poll(hasStopped).toBe(true)

  const args = ['--port', String(port)]
  await using after = await RegistryProcess.start({ cwd: folder.path, db, args })
  await after.http.send('POST', '/agents/register', registration('newcomer'))
  await rowOf(page, 'newcomer').waitFor()
  await rowOf(page, 'survivor').waitFor()
  await page.getByText('Disconnected from the registry').waitFor({ state: 'detached' })
  expect(await page.locator('.live').textContent()).toBe('live')
})

test('changes that the registry no longer has are reported as missed, on the page of events and that of the fleet', async () => {
  using folder = new TemporaryFolder()
  await using browser = await startBrowser()
  // As after the restore of a backup: another history, in which the feed cannot continue.
  const restored = sqliteUrl(folder.file('restored.db'))
  {
    await using other = await RegistryProcess.start({ cwd: folder.path, db: restored })
    await other.http.send('POST', '/agents/register', registration('restored'))
  }
  const db = sqliteUrl(folder.file('agents.db'))
  await using before = await RegistryProcess.start({ cwd: folder.path, db })
  await before.http.send('POST', '/agents/register', registration('forgotten'))
  const pages = [
    await openDashboard(browser, `${before.url}/#/events`),
    await openDashboard(browser, `${before.url}/#/`),
  ]
  for (const page of pages) {
    await page.getByText('registered by request').waitFor()
    expect(await page.getByText('Changes were missed').count()).toBe(0)
  }
  const { port } = before
  await before.kill()
  const args = ['--port', String(port)]
  await using after = await RegistryProcess.start({ cwd: folder.path, db: restored, args })
  for (const page of pages) {
    await page.getByText(/Changes were missed between \d+:\d\d:\d\d and/).waitFor()
  }
  await after.http.send('POST', '/agents/register', registration('newcomer'))
  for (const page of pages) await page.getByText('newcomer').first().waitFor()
})
