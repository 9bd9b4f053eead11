// A registry started by npm or npx: when they are terminated, it exits and its port is free.
import { spawn } from 'node:child_process'
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { eventually } from '../http/support/eventually.ts'
import { freePort } from '../postgres/support/free-port.ts'
import { childrenOf, waitForExit } from '../postgres/support/process-table.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Returns the workspace script that `npm start` runs, without the build before it. */
function startScript(): string {
  const manifest: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(`${ROOT}package.json`, 'utf8'),
  )
  return manifest.scripts.start ?? ''
}

test.each([
  { what: 'npm start', args: ['npm', 'start'] },
  { what: 'npx rollcall serve', args: ['npx', '--no', 'rollcall', 'serve'] },
])('$what exits on SIGTERM, and leaves no process behind', async ({ args }) => {
  using folder = new TemporaryFolder()
  writeFileSync(folder.file('package.json'), JSON.stringify({ scripts: { start: startScript() } }))
  for (const name of ['packages', 'node_modules']) symlinkSync(`${ROOT}${name}`, folder.file(name))
  const port = await freePort()
  const [command = '', ...rest] = args
  const npm = spawn(command, rest, {
    cwd: folder.path,
    env: { ...process.env, ROLLCALL_PORT: String(port), ROLLCALL_DB: 'memory:' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = { text: '' }
  for (const stream of [npm.stdout, npm.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output.text += text
    })
  }
  await eventually(() => output.text).toContain('is listening on')
  const family = [npm.pid ?? 0, ...childrenOf(npm.pid ?? 0)]
  const registries = family.flatMap(childrenOf)
  npm.kill('SIGTERM')
  await waitForExit([...family, ...registries])
  await eventually(() => output.text).toContain('stopped')
  await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow()
})
