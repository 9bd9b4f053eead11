// Other code may use the default channel of a worker: Node's watch mode uses it to report the files that
// the thread has loaded. The registry and its writer thread use a separate channel.
import type { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { TemporaryFolder } from '../../../../../test/e2e/support/temporary-folder.ts'
import { createStorageBackend } from '../../../src/storage/create-storage-backend.ts'
import { registration } from '../sample-registration.ts'

test('foreign messages to and from the writer thread are ignored', async () => {
  using folder = new TemporaryFolder()
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
