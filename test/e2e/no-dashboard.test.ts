import { expect, test } from 'vitest'
import { type RegistryOptions, RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const NONE = 'application/json; charset=utf-8'
const PAGE = 'text/html; charset=utf-8'

test.each<[string, Pick<RegistryOptions, 'args' | 'env'>, string]>([
  ['by default', {}, PAGE],
  ['with --no-dashboard', { args: ['--no-dashboard'] }, NONE],
  ['with ROLLCALL_NO_DASHBOARD=true', { env: { ROLLCALL_NO_DASHBOARD: 'true' } }, NONE],
  ['with ROLLCALL_NO_DASHBOARD=false', { env: { ROLLCALL_NO_DASHBOARD: 'false' } }, PAGE],
])('%s, a browser gets the right type at the root', async (_name, options, type) => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({
    cwd: folder.path,
    db: 'memory:',
    ...options,
  })
  const { headers } = await fetch(registry.url, { headers: { accept: 'text/html' } })
  expect(headers.get('content-type')).toBe(type)
})
