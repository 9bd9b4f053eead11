// `rollcall top` on a narrow terminal: drawing and exit.
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HAS_TERMINAL, TERMINAL } from '../examples/guide-terminal.ts'
import { eventually } from '../http/support/eventually.ts'
import { CliSession } from './support/cli-session.ts'
import { ROLLCALL } from './support/rollcall-command.ts'

let cli: CliSession
beforeAll(async () => {
  cli = await CliSession.start()
  await cli.print('register', `${'long-'.repeat(20)}1`, '--capability', 'a-rather-long-capability')
})
afterAll(() => cli[Symbol.asyncDispose]())

test.skipIf(!HAS_TERMINAL).each([
  { command: 'top', key: 'q' },
  { command: 'top', key: '\x03' },
  { command: 'list --watch', key: 'q' },
])(`on ${TERMINAL} of 60 columns, $command fits and exits with $key`, async ({ command, key }) => {
  const run = `'${process.execPath}' '${ROLLCALL}' ${command}; echo code $? $(stty -a | grep -o -- "-*icanon")`
  const shell = spawn('script', ['-qec', `stty cols 60 rows 20; ${run}`, '/dev/null'], {
    env: { PATH: process.env.PATH, TERM: 'xterm', NO_COLOR: '1', REGISTRY_URL: cli.registry.url },
  })
  let output = ''
  shell.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  const ended = new Promise((resolve) => shell.once('close', resolve))
  await eventually(() => output).toContain('1 agent at')
  await cli.print('ready', `${'long-'.repeat(20)}1`)
  shell.stdin.write(key)
  await ended
  // The terminal mode is restored.
  expect(output).toMatch(/code 0 icanon\s*$/)
  const screen = output.slice(0, output.indexOf('code 0'))
  // Each redraw starts at the top.
  const drawings = screen.replaceAll('\u001b[H', '\n')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: removes escape sequences.
  const lines = drawings.replaceAll(/\u001b\[\??\d*[A-Za-z]/g, '').split(/\r*\n/)
  expect(lines.filter((line) => line.length > 60)).toEqual([])
})
