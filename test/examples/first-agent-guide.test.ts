import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { followGuide } from './guide-run.ts'
import { HAS_TERMINAL } from './guide-terminal.ts'

const GUIDE = new URL('../../docs/guides/first-agent.md', import.meta.url)

const TITLE = HAS_TERMINAL
  ? 'the guide to the first agent'
  : 'the guide to the first agent (NOT RUN: there is no script(1))'

describe.runIf(HAS_TERMINAL)(TITLE, () => {
  test('works from beginning to end, and prints what it says', { timeout: 120_000 }, async () => {
    const [registry = 0, counter = 0, hello = 0] = await freePorts(3)
    // Replaces the ports everywhere in the text, because other tests run at the same time.
    const ports: Record<string, number> = { 9000: registry, 8000: counter, 8001: hello }
    const guide = readFileSync(GUIDE, 'utf8').replaceAll(/\b(?:9000|800[01])\b/g, (port) =>
      String(ports[port]),
    )
    const env = {
      ROLLCALL_PORT: String(registry),
      REGISTRY_URL: `http://localhost:${registry}`,
    }
    await followGuide(guide, { folder: 'first-agent', env })
  })
})

const FAULTY = `a faulty guide is rejected${HAS_TERMINAL ? '' : ' (NOT RUN: script(1) is missing)'}`
describe.runIf(HAS_TERMINAL)(FAULTY, () => {
  const follow = (...lines: string[]) =>
    followGuide(lines.join('\n'), { folder: 'made-up', stepTimeoutMs: 2000 })

  test('but a correct one is accepted', async () => {
    await follow('```sh', 'echo a  b c; date', '```', '```text', 'a b c', '…', '```')
  })

  test.concurrent.each([
    ['when something else is printed', 'echo b', 'a', 'it printed:\nb'],
    ['when more is printed', 'echo a; echo b', 'a', 'it printed:\na\nb'],
    ['when less is printed', 'echo a', 'a\nb', 'it printed:\na'],
    ['when something is printed that it does not show', 'echo a', '', 'it printed:\na'],
    ['when nothing is printed where something should be', 'true', '…', 'it printed:\n'],
    ['when a command fails', 'echo a; false', 'a', 'it exited with 1'],
    ['when a command ends the shell', 'true; exit', '', 'its shell exited'],
    ['when a command does not end', 'echo a; sleep 60', 'a', 'it did not end'],
    ['when a process is left running', 'sleep 60 & echo a', 'a', 'is still running in terminal 1'],
  ])('%s', async (_what, commands, printed, message) => {
    const output = printed === '' ? [] : ['```text', printed, '```']
    const following = follow('```sh title="terminal 1"', commands, '```', ...output)
    await expect(following).rejects.toThrow(new RegExp(`${message}$`))
  })

  test.concurrent.each([
    [
      'something is printed afterwards',
      ['```sh', '{ sleep 0.2; echo b; } &', '```', '```sh', 'sleep 0.4', '```'],
      'line 4 of the guide:\nsleep 0.4\nshould print:\n\nit printed:\nb',
    ],
    ['a fence is not closed', ['```sh', 'true'], 'not closed'],
    ['a block is of an unsupported kind', ['```ts', 'true', '```'], 'line 1: not a file'],
    ['a file has no name', ['```js', 'true', '```'], 'line 1: not a file'],
    ['output comes from no commands', ['```text', 'a', '```'], 'line 1: not a file'],
  ])('when %s', async (_what, lines, message) => {
    await expect(follow(...lines)).rejects.toThrow(message)
  })
})

/** Finds unused ports with as many digits as those of the text, outside the ephemeral range. */
async function freePorts(count: number): Promise<number[]> {
  const free = new Set<number>()
  while (free.size < count) {
    const port = 5000 + Math.floor(Math.random() * 5000)
    if (await isFree(port)) free.add(port)
  }
  return [...free]
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, () => server.close(() => resolve(true)))
  })
}
