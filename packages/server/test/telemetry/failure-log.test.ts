import { pino } from 'pino'
import { expect, test } from 'vitest'
import { RegistryError } from '../../src/domain/registry-error.ts'
import { FailureLog } from '../../src/telemetry/failure-log.ts'

/** A failure log, the lines that it wrote, and a clock that the test advances. */
function failureLog() {
  const lines: Record<string, unknown>[] = []
  const time = { ms: 0 }
  const write = (line: string) => lines.push(JSON.parse(line))
  const logger = pino({ base: null, timestamp: false }, { write })
  const log = new FailureLog({ logger, subject: 'the store', now: () => time.ms })
  return { log, lines, time }
}

const UNREACHABLE = new RegistryError(
  'STORAGE_UNAVAILABLE',
  'the database cannot be reached: refused',
  {
    cause: new Error('connect ECONNREFUSED'),
  },
)

test('an outage of 22 s with a failure every second takes four lines', () => {
  const { log, lines, time } = failureLog()
  log.succeeded()
  for (; time.ms < 22_000; time.ms += 1000) log.failed(UNREACHABLE)
  log.succeeded()
  log.succeeded()
  const { reason } = { reason: 'the database cannot be reached: refused' }
  expect(lines).toEqual([
    { level: 50, code: 'STORAGE_UNAVAILABLE', reason, msg: 'the store fails' },
    { level: 50, seconds: 10, failures: 11, reason, msg: 'the store still fails' },
    { level: 50, seconds: 20, failures: 21, reason, msg: 'the store still fails' },
    { level: 30, seconds: 22, failures: 22, msg: 'the store works again after 22 s' },
  ])
})

test('a second outage is logged like the first', () => {
  const { log, lines, time } = failureLog()
  log.failed(UNREACHABLE)
  time.ms = 500
  log.succeeded()
  log.failed(UNREACHABLE)
  expect(lines.map(({ msg }) => msg)).toEqual([
    'the store fails',
    'the store works again after 0.5 s',
    'the store fails',
  ])
})

test('reasons are short and contain no password', () => {
  const { log, lines } = failureLog()
  const url = 'postgres://rollcall:s3cr@t@db.internal/rollcall'
  log.failed(new RegistryError('STORAGE_UNAVAILABLE', `${url} refuses: ${'x'.repeat(5000)}`))
  const [line] = lines
  expect(line?.reason).toMatch(/^postgres:\/\/\*\*\*@db\.internal\/rollcall refuses: x+…$/)
  expect(String(line?.reason)).toHaveLength(301)
})

test('the first line of an unexpected failure has the stack', () => {
  const { log, lines, time } = failureLog()
  log.failed(new TypeError('oops'))
  time.ms = 10_000
  log.failed(new TypeError('oops'))
  expect(lines[0]).toMatchObject({ err: { type: 'TypeError', stack: expect.any(String) } })
  expect(lines[1]).toEqual({
    level: 50,
    seconds: 10,
    failures: 2,
    reason: 'oops',
    msg: 'the store still fails',
  })
})

test('an unexpected failure every 50 ms takes a few lines per minute', () => {
  const { log, lines, time } = failureLog()
  for (; time.ms < 600_000; time.ms += 50) log.failed(new TypeError('oops'))
  expect(lines.length).toBeLessThanOrEqual(61)
})

test('a flapping failure takes a few lines per minute, and the last line is correct', () => {
  const { log, lines, time } = failureLog()
  for (; time.ms < 300_000; time.ms += 100) {
    log.failed(new TypeError('oops'))
    time.ms += 50
    log.succeeded()
  }
  expect(lines.length).toBeLessThanOrEqual(40)
  time.ms += 60_000
  log.succeeded()
  expect(lines.at(-1)?.msg).toContain('works again')
})
