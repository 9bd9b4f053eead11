// Sends heartbeats and registrations at a fixed rate, and knows what was acknowledged. A process of its own.
import { setPriority } from 'node:os'
import { LoadConnection } from './load-connection.ts'
import type { Expectation, Latencies, LoadRequest, LoadSize, Period } from './load-messages.ts'

const CONNECTIONS = 64
const TICK_MS = 5
/** Registrations sent at once while the fleet is built. */
const FLEET_GROUP = 256

/** When what happened to an agent, in milliseconds. */
interface Life {
  readonly sentMs: number
  registeredMs?: number
  leavingMs?: number
  goneMs?: number
}

try {
  // It stands for other machines: what competes with it for a processor must not count as the latency of the registry.
  setPriority(-10)
} catch {
  // Only a superuser may.
}
const size: LoadSize = JSON.parse(process.argv[2] ?? '')
const connections = Array.from({ length: CONNECTIONS }, () => new LoadConnection(size.url))
const changes = connections.splice(0, 8)
/** The agents that come and go. */
const agents = new Map<string, Life>()
let latencies: number[] = []
let failures = 0

function request(method: string, path: string, body = ''): Buffer {
  const type = body === '' ? '' : 'content-type: application/json\r\n'
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nhost: x\r\n${type}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function registration(agentId: string): Buffer {
  return request(
    'POST',
    '/agents/register',
    `{"agent_id":"${agentId}","agent_name":"an agent","host":"127.0.0.1","port":8000,"ttl_seconds":3600}`,
  )
}

function change(bytes: Buffer, acknowledge: (atMs: number) => void): void {
  const connection = changes[agents.size % changes.length]
  connection?.send(bytes, (status) => {
    if (status === 200) acknowledge(performance.now())
    else failures++
  })
}

function register(index: number): void {
  const agentId = `new-${index}`
  const life: Life = { sentMs: performance.now() }
  agents.set(agentId, life)
  change(registration(agentId), (atMs) => {
    life.registeredMs = atMs
  })
  if (index % 4 === 0) deregister(`new-${index - 100}`)
}

function deregister(agentId: string): void {
  const life = agents.get(agentId)
  if (life?.registeredMs === undefined) return
  life.leavingMs = performance.now()
  change(request('DELETE', `/agents/${agentId}`), (atMs) => {
    life.goneMs = atMs
  })
}

const heartbeats = new Map<number, Buffer>()

function heartbeat(index: number, dueMs: number): void {
  const agent = index % size.fleet
  let bytes = heartbeats.get(agent)
  if (bytes === undefined) {
    bytes = request('POST', `/agents/fleet-${agent}/heartbeat`)
    heartbeats.set(agent, bytes)
  }
  connections[index % connections.length]?.send(bytes, (status) => {
    if (status === 200) latencies.push(performance.now() - dueMs)
    else failures++
  })
}

/** Sends what is due, at the moment at which each is due, however late the timer is. */
function sendAtRate(perSecond: number, send: (index: number, dueMs: number) => void): void {
  const startedAt = performance.now()
  let sent = 0
  setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * perSecond)
    for (; sent < due; sent++) send(sent, startedAt + (sent / perSecond) * 1000)
  }, TICK_MS)
}

async function start(): Promise<void> {
  for (let first = 0; first < size.fleet; first += FLEET_GROUP) {
    const last = Math.min(size.fleet, first + FLEET_GROUP)
    await Promise.all(
      Array.from({ length: last - first }, (_, offset) => {
        const index = first + offset
        return new Promise((resolve) =>
          connections[index % connections.length]?.send(registration(`fleet-${index}`), resolve),
        )
      }),
    )
  }
  sendAtRate(size.heartbeatsPerSecond, heartbeat)
  sendAtRate(size.registrationsPerSecond, register)
}

function agentsWhose(matches: (life: Life) => boolean): string[] {
  return [...agents].flatMap(([agentId, life]) => (matches(life) ? [agentId] : []))
}

function expectation({ beganMs, endedMs }: Period): Expectation {
  const isBy = (atMs: number | undefined, endMs: number) => atMs !== undefined && atMs <= endMs
  return {
    present: agentsWhose((it) => isBy(it.registeredMs, beganMs) && !isBy(it.leavingMs, endedMs)),
    absent: agentsWhose((it) => isBy(it.goneMs, beganMs)),
    sent: agentsWhose((it) => isBy(it.sentMs, endedMs)),
  }
}

function measure(): Latencies {
  const sorted = Float64Array.from(latencies).sort()
  const at = (share: number): number => sorted[Math.floor(sorted.length * share)] ?? 0
  const result = {
    heartbeats: sorted.length,
    failures,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    mostMs: sorted.at(-1) ?? 0,
  }
  latencies = []
  return result
}

async function answer(request: LoadRequest): Promise<unknown> {
  switch (request.kind) {
    case 'start':
      return start()
    case 'time':
      return performance.now()
    case 'expectation':
      return expectation(request.period)
    case 'measure':
      return measure()
  }
}

process.on('message', async (request: LoadRequest) => {
  process.send?.({ value: await answer(request) })
})
process.on('disconnect', () => process.exit())
