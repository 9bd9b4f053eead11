// `rollcall top` at a narrow terminal, as it is drawn and left.
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TERMINALS_ARE_THERE } from '../examples/guide-terminal.ts'
import { eventually } from '../http/support/eventually.ts'
import { CliSession } from './support/cli-session.ts'
import { ROLLCALL } from './support/rollcall-command.ts'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
  await cli.print('register', `${'long-'.repeat(20)}1`, '--capability', 'a-rather-long-capability')
})
afterAll(() => cli[Symbol.asyncDispose]())

const terminal = TERMINALS_ARE_THERE ? 'a terminal' : 'a terminal (NOT RUN: script(1) is missing)'
test.skipIf(!TERMINALS_ARE_THERE).each([
  { command: 'top', key: 'q' },
  { command: 'top', key: '\x03' },
  { command: 'list --watch', key: 'q' },
])(`at ${terminal} of 60 columns, $command fits and ends with $key`, async ({ command, key }) => {
  const run = `'${process.execPath}' '${ROLLCALL}' ${command}; echo code $? $(stty -a | grep -o -- "-*icanon")`
  const shell = spawn('script', ['-qec', `stty cols 60 rows 20; ${run}`, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', NO_COLOR: '1', REGISTRY_URL: cli.registry.url },
  })
  let told = ''
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text
  })
  const ended = new Promise((resolve) => shell.once('close', resolve))
  await eventually(() => told).toContain('1 agent at')
  await cli.print('ready', `${'long-'.repeat(20)}1`)
  shell.stdin.write(key)
  await ended
  // The terminal is as it was.
  expect(told).toMatch(/code 0 icanon\s*$/)
  const screen = told.slice(0, told.indexOf('code 0'))
  // Each drawing begins at the top again.
  const drawings = screen.replaceAll('\u001b[H', '\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what moves the cursor is no text.
  const lines = drawings.replaceAll(/\u001b\[\??\d*[A-Za-z]/g, '').split(/\r*\n/)
  expect(lines.filter((line) => line.length > 60)).toEqual([])
})
