import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { statusOf } from '../http-status.ts'

const END_GOAL_MS = 10_000

/**
 * The disk under the log is full: the process writes it to a device that takes nothing. It hung from its
 * first line on, with its socket open, and ignored SIGTERM.
 */
export const fullLog: Attack = {
  name: 'full-log',
  title: 'a log that takes no line, of which each request has one',
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
        what: 'ended after SIGTERM in',
        value: ms,
        unit: 'ms',
        isGood: ms < END_GOAL_MS,
      },
    ]
  },
}
