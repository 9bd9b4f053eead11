import { platform } from 'node:os'
import { workerData } from 'node:worker_threads'
import { lowerPriority } from '../../../scheduling/lower-priority.ts'
import { backUpFile } from '../backup/backup.ts'
import { identityOf } from '../file/file-guard.ts'
import type { BackupRequest, ReaderOptions, ThreadData, ThreadResponse } from './messages.ts'

// The thread that backs up the file of a running registry.

const { options, port } = workerData as ThreadData<ReaderOptions>
const ending = new AbortController()
/** A response waits for those before it. */
let responses: Promise<void> = Promise.resolve()

// The threads that serve requests go first. Elsewhere this would slow down all of them.
if (platform() === 'linux') lowerPriority()
respond(async () => ({ ok: true }))
port.on('message', (request: BackupRequest) => {
  if (request.kind === 'backUp') respond(() => backUp(request.to))
  else {
    ending.abort()
    respond(async () => ({ ok: true }))
    // Once this response is sent; an open port would keep the thread alive.
    void responses.then(() => setImmediate(() => port.close()))
  }
})

async function backUp(to: string): Promise<ThreadResponse> {
  try {
    const { path, identity } = options
    if (identityOf(path) !== identity) throw new Error(`${path} was replaced`)
    const { signal } = ending
    return { ok: true, value: { backup: await backUpFile({ from: path, to, signal }) } }
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) }
  }
}

function respond(work: () => Promise<ThreadResponse>): void {
  responses = responses.then(async () => port.postMessage([await work()]))
}
