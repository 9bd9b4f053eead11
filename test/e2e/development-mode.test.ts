// `npm run dev`: the registry runs from its sources and Node's watch mode restarts it on every
// change. The sources are a copy, so that nothing in this tree changes.
import { type ChildProcess, spawn } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { HttpClient, registration } from './support/http-client.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const PACKAGES = ['protocol', 'client', 'server', 'cli']
const LISTENING = /is (?:listening|back) on (http:\/\/[^\s,]+)/g
const POLL = { timeout: 30_000, interval: 50 }

/** Copies the sources of all packages; their dependencies are symbolic links. */
function copySources(folder: TemporaryFolder): string {
  const copy = join(realpathSync(folder.path), 'copy')
  for (const name of PACKAGES) {
    for (const part of ['package.json', 'src']) {
      cpSync(join(ROOT, 'packages', name, part), join(copy, 'packages', name, part), {
        recursive: true,
      })
    }
  }
  // A package may have its own version of a dependency.
  for (const owner of ['.', ...PACKAGES.map((name) => `packages/${name}`)]) linkModules(copy, owner)
  mkdirSync(join(copy, 'node_modules/@rollcall'))
  for (const name of PACKAGES) {
    symlinkSync(join(copy, 'packages', name), join(copy, 'node_modules/@rollcall', name))
  }
  return copy
}

function linkModules(copy: string, owner: string): void {
  const modules = join(ROOT, owner, 'node_modules')
  mkdirSync(join(copy, owner, 'node_modules'), { recursive: true })
  for (const name of namesIn(modules).filter((name) => !['@rollcall', 'rollcall'].includes(name))) {
    symlinkSync(join(modules, name), join(copy, owner, 'node_modules', name))
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Runs `npm run dev` with further arguments. */
class DevelopmentRegistry implements AsyncDisposable {
  readonly #child: ChildProcess
  output = ''

  constructor(copy: string, args: readonly string[]) {
    const manifest: { scripts: { dev: string } } = JSON.parse(
      readFileSync(join(ROOT, 'package.json'), 'utf8'),
    )
    this.#child = spawn('sh', ['-c', `exec ${manifest.scripts.dev} ${args.join(' ')}`], {
      cwd: copy,
      env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
  }

  /** URLs on which it has listened, one for each start. */
  get addresses(): string[] {
    return [...this.output.matchAll(LISTENING)].map(([, address]) => address ?? '')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('close', resolve))
    this.#child.kill('SIGTERM')
    await ended
  }
}

/** Edits a file of the copy as an editor does. */
function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8')
  expect(text).toContain(from)
  writeFileSync(file, text.replace(from, to))
}

test('npm run dev serves, and serves the same database again after a file changed', async () => {
  using folder = new TemporaryFolder()
  const copy = copySources(folder)
  const db = `sqlite:///${folder.file('dev.db')}`
  await using registry = new DevelopmentRegistry(copy, ['--port', '0', '--db', db])
  const starts = async (count: number): Promise<HttpClient> => {
    await expect.poll(() => registry.addresses.length, POLL).toBe(count)
    return new HttpClient(registry.addresses.at(-1) ?? '')
  }
  const first = await starts(1)
  expect((await first.send('POST', '/agents/register', registration('a'))).status).toBe(200)
  first.close()

  edit(join(copy, 'packages/cli/src/serve/complete-serve.ts'), 'is listening on', 'is back on')
  const second = await starts(2)
  expect(registry.output).toContain('is back on')
  // The previous process has closed the file, with all data written.
  expect((await second.get<{ agent_id: string }>('/agents/a')).body.agent_id).toBe('a')
  second.close()

  // Files that only the writer thread imports are watched as well.
  const writer = join(copy, 'packages/server/src/storage/sqlite/threads/file-writer.ts')
  edit(writer, 'const TRIM_SLICE = 500', 'const TRIM_SLICE = 501')
  const third = await starts(3)
  expect((await third.send('POST', '/agents/register', registration('b'))).status).toBe(200)
  third.close()
  expect(registry.output).not.toMatch(/Error/)
})
