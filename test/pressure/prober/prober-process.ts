// A fleet that sends heartbeats at a fixed rate, independent of the responses, and measures their
// latency. In its own process, so that nothing else delays the measurement.
import { Agent, request } from 'node:http'
import { setPriority } from 'node:os'
import { nowMs } from '../clock.ts'
import type {
  HeartbeatKind,
  HeartbeatSample,
  ProberOptions,
  ProberReport,
} from './heartbeat-sample.ts'

/** More than the number of agents: each can have one in flight, as in a real fleet. */
const CONNECTIONS = 400
const REPORT_INTERVAL_MS = 100

const options: ProberOptions = JSON.parse(process.argv[2] ?? '')
try {
  setPriority(-10)
} catch {
  // Only a superuser may; without it, a busy machine affects the figures.
}
const connections = new Agent({ keepAlive: !options.hasNewConnections, maxSockets: CONNECTIONS })
const inFlight = new Map<number, { kind: HeartbeatKind; dueAt: number }>()
let samples: HeartbeatSample[] = []
let sent = 0

schedule('single', options.singlesPerSecond, (turn) => {
  const id = options.singleIds[turn % options.singleIds.length]
  return { path: `/agents/${id}/heartbeat` }
})
schedule('batch', options.batchesPerSecond, (turn) => {
  const ids = options.batches[turn % options.batches.length]
  return { path: '/agents/heartbeats', body: JSON.stringify({ agent_ids: ids }) }
})
setInterval(() => {
  const report: ProberReport = { samples, inFlight: [...inFlight.values()] }
  samples = []
  process.send?.(report)
}, REPORT_INTERVAL_MS)
// Exits with the runner.
process.once('disconnect', () => process.exit())

function schedule(
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
  inFlight.set(number, { kind, dueAt })
  const settle = (status: number) => {
    if (!inFlight.delete(number)) return
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
