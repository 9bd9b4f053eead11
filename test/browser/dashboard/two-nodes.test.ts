// Two nodes behind one address, as behind a load balancer that sends each request to another one.
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { expect, test } from 'vitest'
import { registration } from '../../e2e/support/http-client.ts'
import { RegistryProcess } from '../../e2e/support/registry-process.ts'
import { TemporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { startBrowser } from '../browser.ts'
import { openDashboard } from './dashboard-under-test.ts'

/** Heartbeats that only one of the nodes has had: a rate across both would be thousands per second. */
const HEARTBEATS = 20_000
const MOST_RATE = 100

/** Sends each request to the next of some registries; the host stays that of the balancer. */
async function startBalancer(urls: readonly string[]): Promise<{ url: string; server: Server }> {
  let count = 0
  const server = createServer((incoming, outgoing) => {
    const target = new URL(incoming.url ?? '/', urls[count++ % urls.length])
    const { method = 'GET', headers } = incoming
    const forwarded = request(target, { method, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers)
      pipeline(response, outgoing, () => undefined)
    })
    forwarded.on('error', () => outgoing.destroy())
    pipeline(incoming, forwarded, () => undefined)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

test('rates are of one node, and the page says so', async () => {
  using folder = new TemporaryFolder()
  await using browser = await startBrowser()
  const start = () => RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  await using idle = await start()
  await using busy = await start()
  for (const { http } of [idle, busy]) {
    await http.send('POST', '/agents/register', registration('a'))
  }
  const heartbeats = Array.from({ length: HEARTBEATS / 2 }, () => ({ agent_id: 'a' }))
  for (let batch = 0; batch < 2; batch++) {
    await busy.http.send('POST', '/agents/heartbeats', { heartbeats })
  }
  const { url, server } = await startBalancer([idle.url, busy.url])
  const page = await openDashboard(browser, `${url}/#/`)
  const tile = page.locator('.tile.rate', { hasText: 'heartbeats/s' })
  await tile.getByText('of one node; 2 respond').waitFor()
  const shown = async () =>
    Number((await tile.locator('.tile-value').textContent())?.replace(',', ''))
  for (let sample = 0; sample < 5; sample++) {
    expect(await shown()).toBeLessThan(MOST_RATE)
    await page.waitForTimeout(1000)
  }
  await page.close()
  server.closeAllConnections()
  server.close()
})
