import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { statusOf } from '../http-status.ts'

const END_GOAL_MS = 10_000

/**
 * The disk of the log is full: the process logs to a device that rejects every write. It hung at
 * its first line, with its socket open, and ignored SIGTERM.
 */
export const fullLog: Attack = {
  name: 'full-log',
  title: 'a log that rejects every line, with one line per request',
  stores: ['sqlite', 'postgres'],
  registry: { log: '/dev/full', args: ['--log-level', 'debug'] },
  async attack(_context, signal) {
    await aborted(signal)
    return undefined
  },
  async inspect({ url, stop }) {
    const { status } = await statusOf(`${url}/agents`)
    const ms = await stop('SIGTERM')
    return [
      { what: 'a list', value: status, isGood: status === 200 },
      {
        what: 'exited after SIGTERM in',
        value: ms,
        unit: 'ms',
        isGood: ms < END_GOAL_MS,
      },
    ]
  },
}
