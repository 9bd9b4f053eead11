import { workerData } from 'node:worker_threads'
import { AgentRegistryClient } from '../agent-registry-client.ts'
import type { ClientEvents } from '../client-events.ts'
import type { HeartbeatReport } from '../registry-api.ts'
import type { HeartbeatThreadData } from './worker-agent.ts'

// The thread that beats for an agent whose own thread is busy. It knows everything the agent said,
// so that it can register it again; the agent itself deregisters.

const { join, port } = workerData as HeartbeatThreadData
const agent = new AgentRegistryClient({ ...join, keepAlive: true })

for (const name of ['lost', 'reregistered', 'recovered'] as const) forward(name)
// An error may hold what cannot be sent.
agent.on('error', (error) => port.postMessage({ name: 'error', payload: new Error(String(error)) }))

port.on('message', (report: HeartbeatReport) => {
  // What fails here is said again with the next registration.
  agent.heartbeat(report).catch(() => undefined)
})
agent.startHeartbeatLoop()

function forward(name: keyof ClientEvents): void {
  agent.on(name, (payload) => port.postMessage({ name, payload }))
}
