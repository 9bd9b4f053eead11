// Others may use the channel that every worker has: Node's watch mode sends there which files the
// thread has loaded. The registry and its writer thread listen to a channel of their own.
import type { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { createStorageBackend } from '../../../src/storage/create-storage-backend.ts'
import { registration } from '../sample-registration.ts'
import { TemporaryFolder } from '../temporary-folder.ts'

test('messages of others to and from the writer thread change nothing', async () => {
  await using folder = await TemporaryFolder.create()
  const created: Worker[] = []
  const note = (worker: Worker) => created.push(worker)
  process.on('worker', note)
  await using store = await createStorageBackend(`sqlite:///${folder.file('a.db')}`)
  process.off('worker', note)
  const [thread] = created
  if (thread === undefined) throw new Error('no thread was started')

  thread.emit('message', { 'watch:import': ['file:///somewhere.ts'] })
  thread.emit('message', [{ ok: false, message: 'not ours' }])
  thread.postMessage({ 'watch:require': ['somewhere'] })
  thread.postMessage({ kind: 'close' })
  await store.add(registration())
  expect(await store.counts()).toMatchObject({ registered: 1 })
})
