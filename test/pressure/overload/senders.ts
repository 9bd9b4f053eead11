import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { SenderOptions, SenderReport } from './sender-messages.ts'

const PROGRAM = fileURLToPath(new URL('sender-process.ts', import.meta.url))
/** Processes that send. */
const SENDERS = 2

/** Sends mixed requests from several processes, which share everything but the time. Returns the sum of their reports. */
export async function sendMixed(
  options: SenderOptions,
  signal?: AbortSignal,
): Promise<SenderReport> {
  const { requestsPerSecond } = options
  const share: SenderOptions = {
    ...options,
    ...(requestsPerSecond !== undefined && { requestsPerSecond: requestsPerSecond / SENDERS }),
    connections: Math.ceil(options.connections / SENDERS),
    streams: Math.ceil(options.streams / SENDERS),
  }
  const reports = await Promise.all(Array.from({ length: SENDERS }, () => send(share, signal)))
  return reports.reduce((sum, each) => ({
    due: sum.due + each.due,
    sent: sum.sent + each.sent,
    responses: sum.responses + each.responses,
    refused: sum.refused + each.refused,
    closed: sum.closed + each.closed,
    streams: sum.streams + each.streams,
    seconds: Math.max(sum.seconds, each.seconds),
  }))
}

async function send(options: SenderOptions, signal?: AbortSignal): Promise<SenderReport> {
  const child: ChildProcess = fork(PROGRAM, [JSON.stringify(options)], { execArgv: [] })
  const stop = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', stop, { once: true })
  try {
    return await new Promise((resolve, reject) => {
      child.once('message', (report: SenderReport) => resolve(report))
      child.once('exit', (code, by) => reject(new Error(`a sender exited with ${code ?? by}`)))
    })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}
