// The default channel of a worker is shared: Node's watch mode uses it to report the files that the
// thread has loaded. An agent and its heartbeat thread use their own channel.
import type { Worker } from 'node:worker_threads'
import { joinFromWorker } from '@rollcall/client/node'
import type { Agent } from '@rollcall/protocol'
import { expect, test } from 'vitest'
import { RegistryProcess } from './support/registry-process.ts'
import { TemporaryFolder } from './support/temporary-folder.ts'

test('foreign messages to and from the heartbeat thread have no effect', async () => {
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
  // Sent by the thread, so that earlier messages have been processed.
  await agent.heartbeat({ load: 0.5 })
  const { body } = await registry.http.get<Agent>('/agents/a')
  expect(body).toMatchObject({ status: 'ready', load: 0.5 })
  expect(events).toEqual([])
})
