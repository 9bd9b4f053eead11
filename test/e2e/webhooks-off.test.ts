// What sends changes is loaded with the first webhook, and nothing of it is served if it is turned off.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const LOADED_PACKAGES = new URL('./support/loaded-packages.ts', import.meta.url).href
const ROUTES = 'server/dist/http/webhooks'
const DELIVERY = 'server/dist/webhooks/delivery'
const WEBHOOK = { url: 'http://127.0.0.1:9/' }

/** Runs a registry, and returns the status of its response to a new webhook, and which folders it has loaded. */
async function run(args: readonly string[], webhook?: object) {
  using folder = new TemporaryFolder()
  const file = folder.file('packages.json')
  const registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    args: ['--webhook-networks', '127.0.0.1', ...args],
    node: [process.execPath, '--import', LOADED_PACKAGES],
    env: { LOADED_PACKAGES_FILE: file },
  })
  const statuses = {
    created: webhook && (await registry.http.send('POST', '/webhooks', webhook)).status,
    listed: (await registry.http.send('GET', '/webhooks')).status,
  }
  const document = await registry.http.send<{ paths: object }>('GET', '/openapi.json')
  const metrics = await (await fetch(`${registry.url}/metrics`)).text()
  registry.signal('SIGTERM')
  expect(await registry.exit).toEqual({ code: 0, signal: null })
  const loaded: string[] = JSON.parse(readFileSync(file, 'utf8'))
  return {
    ...statuses,
    isDocumented: '/webhooks' in document.body.paths,
    isMeasured: metrics.includes('rollcall_webhook'),
    loaded: [ROUTES, DELIVERY].filter((folder) => loaded.includes(folder)),
  }
}

const SERVED = { isDocumented: true, isMeasured: true, listed: 200 }

test('without a webhook, nothing that sends is loaded', async () => {
  expect(await run([])).toEqual({ ...SERVED, created: undefined, loaded: [ROUTES] })
})

test('a disabled webhook loads nothing either', async () => {
  const disabled = { ...WEBHOOK, enabled: false }
  expect(await run([], disabled)).toEqual({ ...SERVED, created: 200, loaded: [ROUTES] })
})

test('the first webhook loads it', async () => {
  expect(await run([], WEBHOOK)).toEqual({ ...SERVED, created: 200, loaded: [ROUTES, DELIVERY] })
})

test('with --no-webhooks, nothing is served, documented, measured or loaded', async () => {
  const off = { isDocumented: false, isMeasured: false, loaded: [] }
  expect(await run(['--no-webhooks'], WEBHOOK)).toEqual({ ...off, created: 404, listed: 404 })
})
