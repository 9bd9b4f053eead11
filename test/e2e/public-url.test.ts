import { AgentRegistryServer } from '@rollcall/server'
import { expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { runRollcall } from './support/rollcall-command.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const PUBLIC_URL = 'https://agents.example/registry'

test.each([
  { args: ['--public-url', PUBLIC_URL], env: {} },
  { args: [], env: { ROLLCALL_PUBLIC_URL: `${PUBLIC_URL}/` } },
])('a registry behind a proxy prints its public URL: $args $env', async ({ args, env }) => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:', args, env })
  await expect.poll(() => registry.output).toContain(`docs ${PUBLIC_URL}/docs"`)
  for (const path of ['/openapi.json', '/docs/json']) {
    const document = await (await fetch(registry.url + path)).json()
    expect(document).toMatchObject({ servers: [{ url: PUBLIC_URL }] })
  }
})

test.each([
  'agents.example',
  'ftp://agents.example',
  'https://x:99999',
  'https://x/?a=b',
  'http://',
])('%s is not a public URL', async (url) => {
  using folder = new TemporaryFolder()
  const args = ['serve', '--port', '0', '--db', 'memory:', '--public-url', url]
  const { code, stdout, stderr } = await runRollcall(args, { cwd: folder.path })
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain('--public-url must be a URL that begins with http:// or https://')
  expect(() => new AgentRegistryServer('memory:', { publicUrl: url })).toThrow(TypeError)
})
