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
  // What was known stays.
  await rowOf(page, 'survivor').waitFor()

  const args = ['--port', String(port)]
  await using after = await RegistryProcess.start({ cwd: folder.path, db, args })
  await after.http.send('POST', '/agents/register', registration('newcomer'))
  await rowOf(page, 'newcomer').waitFor()
  await rowOf(page, 'survivor').waitFor()
  await page.getByText('Disconnected from the registry').waitFor({ state: 'detached' })
  expect(await page.locator('.live').textContent()).toBe('live')
})
