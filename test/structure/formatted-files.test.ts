import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { TemporaryFolder } from '../e2e/support/temporary-folder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const BIOME = join(ROOT, 'node_modules/.bin/biome')

/** Files of a clone that `npm run check:format` complains about when none of them is formatted. */
function complainedAbout(files: readonly string[]): string[] {
  using clone = new TemporaryFolder()
  for (const name of ['biome.json', '.gitignore']) cpSync(join(ROOT, name), clone.file(name))
  execFileSync('git', ['init', '-q'], { cwd: clone.path })
  for (const name of files) {
    mkdirSync(dirname(clone.file(name)), { recursive: true })
    writeFileSync(clone.file(name), 'const  unformatted = 1;\n')
  }
  const args = ['ci', '--reporter=github', '--max-diagnostics=none', '.']
  const { stdout } = spawnSync(BIOME, args, { cwd: clone.path, encoding: 'utf8' })
  return files.filter((name) => stdout.includes(`title=format,file=${clone.file(name)},`))
}

describe('the check of the format', () => {
  test('leaves alone what readers of the guides put into their clone', () => {
    const theirs = ['agent.mjs', 'server.mjs', 'first-agent/agent.mjs', 'my-agent/src/agent.ts']
    expect(complainedAbout(theirs)).toEqual([])
  })

  test('looks at every file of ours', () => {
    const tracked = execFileSync('git', ['ls-files', '*.ts', '*.js'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    const ours = tracked.trim().split('\n')
    expect(ours.length).toBeGreaterThan(300)
    // One of each kind of place: a run over all of them would not say more.
    const places = Map.groupBy(ours, (name) => dirname(name).split('/').slice(0, 3).join('/'))
    const sample = [...places.values()].flatMap(([first]) => first ?? [])
    expect(complainedAbout(sample)).toEqual(sample)
  })
})
