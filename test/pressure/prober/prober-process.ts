// A fleet that beats at a fixed rate, whatever the answers do, and says how long each took. A process
// of its own, so that nothing else delays what it measures.
import { Agent, request } from 'node:http'
import { setPriority } from 'node:os'
import { nowMs } from '../clock.ts'
import type {
  HeartbeatKind,
  HeartbeatSample,
  ProberOptions,
  ProberReport,
} from './heartbeat-sample.ts'

/** More than there are agents: each has one that waits, as a fleet of that size would. */
const CONNECTIONS = 400
const REPORT_EVERY_MS = 100

const options: ProberOptions = JSON.parse(process.argv[2] ?? '')
try {
  setPriority(-10)
} catch {
  // Only a superuser may; without it, a busy machine shows in the figures.
}
const connections = new Agent({ keepAlive: !options.hasNewConnections, maxSockets: CONNECTIONS })
const waiting = new Map<number, { kind: HeartbeatKind; dueAt: number }>()
let samples: HeartbeatSample[] = []
let sent = 0

beat('single', options.singlesPerSecond, (turn) => {
  const id = options.singleIds[turn % options.singleIds.length]
  return { path: `/agents/${id}/heartbeat` }
})
beat('batch', options.batchesPerSecond, (turn) => {
  const ids = options.batches[turn % options.batches.length]
  return { path: '/agents/heartbeats', body: JSON.stringify({ agent_ids: ids }) }
})
setInterval(() => {
  const report: ProberReport = { samples, waiting: [...waiting.values()] }
  samples = []
  process.send?.(report)
}, REPORT_EVERY_MS)
// It ends with the runner.
process.once('disconnect', () => process.exit())

function beat(
  kind: HeartbeatKind,
  perSecond: number,
  next: (turn: number) => { path: string; body?: string },
): void {
  const began = nowMs()
  let turn = 0
  setInterval(() => {
    for (;;) {
      const dueAt = began + (turn * 1000) / perSecond
      if (dueAt > nowMs()) return
      send(kind, dueAt, { url: options.urls[turn % options.urls.length] ?? '', ...next(turn) })
      turn++
    }
  }, 2)
}

function send(
  kind: HeartbeatKind,
  dueAt: number,
  { url, path, body }: { url: string; path: string; body?: string },
): void {
  const number = sent++
  waiting.set(number, { kind, dueAt })
  const settle = (status: number) => {
    if (!waiting.delete(number)) return
    samples.push({ kind, dueAt, latencyMs: nowMs() - dueAt, status })
  }
  const headers = {
    'content-length': body === undefined ? 0 : Buffer.byteLength(body),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  }
  const outgoing = request(`${url}${path}`, { method: 'POST', agent: connections, headers })
  outgoing.once('response', (response) => {
    response.resume()
    response.once('end', () => settle(response.statusCode ?? 0))
    response.once('error', () => settle(0))
  })
  outgoing.once('error', () => settle(0))
  outgoing.end(body)
}
