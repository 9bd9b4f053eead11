// Following changes on the command line.
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CliSession } from './support/cli-session.ts'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
})
afterAll(() => cli[Symbol.asyncDispose]())

test('watch prints a line for each matching change, until Ctrl-C', async () => {
  const child = cli.spawn('watch', '--name', 'Seen', '--snapshot')
  const lines = linesOf(child)
  await cli.print('register', 'seen-0', '--name', 'Seen')
  expect(await nextOf(lines)).toMatch(/\t(snapshot|registered)\tseen-0\t/)
  await cli.print('register', 'unseen-1')
  await cli.print('register', 'seen-1', '--name', 'Seen')
  await cli.print('deregister', 'seen-1')
  expect(await nextOf(lines)).toMatch(
    /^\S+Z\tregistered\tseen-1\tregistered by request\tanonymous \(127\.0\.0\.1\)$/,
  )
  expect(await nextOf(lines)).toMatch(/^\S+Z\tderegistered\tseen-1\t/)
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([0, null])
})

test('watch --json prints JSON lines that reproduce the list', async () => {
  await cli.print('register', 'json-1', '--name', 'Json')
  const child = cli.spawn('watch', '--json', '--snapshot', '--name', 'Json')
  const lines = linesOf(child)
  expect(JSON.parse(await nextOf(lines))).toMatchObject({ type: 'reset' })
  expect(JSON.parse(await nextOf(lines))).toMatchObject({
    type: 'snapshot',
    agent: { agent_id: 'json-1' },
  })
  expect(JSON.parse(await nextOf(lines))).toMatchObject({ type: 'synced' })
  await cli.print('drain', 'json-1')
  expect(JSON.parse(await nextOf(lines))).toMatchObject({
    type: 'updated',
    agent_id: 'json-1',
    listed: true,
    agent: { status: 'draining' },
  })
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([0, null])
})

function linesOf(child: ChildProcess): AsyncIterator<string> {
  if (child.stdout === null) throw new Error('its output is not piped')
  return createInterface({ input: child.stdout })[Symbol.asyncIterator]()
}

async function nextOf(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next()
  if (done) throw new Error('it ended')
  return value
}
