// Others may use the channel that every worker has: Node's watch mode sends there which files the
// thread has loaded. An agent and its heartbeat thread listen to a channel of their own.
import type { Worker } from 'node:worker_threads'
import { joinFromWorker } from '@rollcall/client/node'
import type { Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

test('messages of others to and from the heartbeat thread change nothing', async () => {
  using folder = new TemporaryFolder()
  await using registry = await RegistryProcess.start({ cwd: folder.path, db: 'memory:' })
  const created = new Promise<Worker>((resolve) => process.once('worker', resolve))
  await using agent = await joinFromWorker({
    registryUrl: registry.url,
    agentId: 'a',
    agentName: 'A',
    host: '127.0.0.1',
    ttlSeconds: 60,
  })
  const thread = await created
  const events: string[] = []
  for (const name of ['lost', 'error'] as const) agent.on(name, () => events.push(name))

  thread.emit('message', { name: 'lost', payload: { agentId: 'a' } })
  thread.emit('message', { 'watch:import': ['file:///somewhere.ts'] })
  thread.postMessage({ status: 'draining' })
  // Sent by the thread; what came before it has been read by then.
  await agent.heartbeat({ load: 0.5 })
  const { body } = await registry.http.get<Agent>('/agents/a')
  expect(body).toMatchObject({ status: 'ready', load: 0.5 })
  expect(events).toEqual([])
})
