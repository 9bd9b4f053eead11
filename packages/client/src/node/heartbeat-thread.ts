import { type MessagePort, workerData } from 'node:worker_threads'
import { AgentRegistryClient } from '../agent-registry-client.ts'
import { type FromThread, forward, type ToThread, toPort } from './thread-messages.ts'
import { withFetch } from './with-fetch.ts'

// The thread that sends heartbeats for an agent whose own thread is busy. It receives every report
// of the agent, so that it can register it again; the agent itself deregisters.

const { port } = workerData as { port: MessagePort }
let agent: AgentRegistryClient | undefined

port.on('message', async (message: ToThread) => {
  switch (message.kind) {
    case 'begin':
      agent = new AgentRegistryClient({ ...withFetch(message.options), keepAlive: true })
      forward(agent, (event) => send({ kind: 'event', event }))
      agent.startHeartbeatLoop()
      return
    case 'report':
      send(await report(message))
      return
    case 'stop':
      await agent?.stopHeartbeats()
      send({ kind: 'stopped' })
  }
})
send({ kind: 'started' })

async function report({
  id,
  report,
  repeats,
}: ToThread & { readonly kind: 'report' }): Promise<FromThread> {
  try {
    if (repeats) await agent?.deliver(report)
    else await agent?.heartbeat(report)
    return { kind: 'reported', id }
  } catch (error) {
    return { kind: 'reported', id, error: toPort(error) }
  }
}

function send(message: FromThread): void {
  port.postMessage(message)
}
