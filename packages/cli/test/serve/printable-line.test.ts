import { expect, test } from 'vitest'
import { printableLine } from '../../src/serve/printable-line.ts'

test('a log line for a terminal has no text that controls it', () => {
  const hostile = '\x1b[2J\x9b31m\r\n{"level":"fatal"}\u202e'
  const line = { level: 40, msg: hostile, nested: { host: [hostile] }, count: 3, on: true }
  const shown = '\ufffd[2J\ufffd31m\ufffd\ufffd{"level":"fatal"}\ufffd'
  expect(printableLine(JSON.stringify(line))).toEqual({
    ...line,
    msg: shown,
    nested: { host: [shown] },
  })
})

test('a stack trace keeps its lines, and nothing else', () => {
  const err = { stack: 'Error: \x1b[2J\n    at a\n    at b' }
  expect(printableLine(JSON.stringify({ err }))).toEqual({
    err: { stack: 'Error: \ufffd[2J\n    at a\n    at b' },
  })
})
