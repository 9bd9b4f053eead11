import { receiveMessageOnPort, workerData } from 'node:worker_threads'
import { type Commit, SqliteFileWriter } from './file-writer.ts'
import type { ThreadData, ThreadResponse, WriterOptions, WriterRequest } from './messages.ts'

// The thread that owns the file. It processes the messages of its port in order, and writes consecutive
// commits together; so the slower the disk, the larger the groups.

const { options, port } = workerData as ThreadData<WriterOptions>

function open(): SqliteFileWriter | undefined {
  try {
    const writer = new SqliteFileWriter(options)
    port.postMessage([{ ok: true, value: { ready: writer.ready() } }])
    return writer
  } catch (error) {
    port.postMessage([failed(error)])
    return undefined
  }
}

function failed(error: unknown): ThreadResponse {
  return { ok: false, message: error instanceof Error ? error.message : String(error) }
}

const writer = open()
// A thread that could not open the file has nothing to wait for.
if (writer === undefined) port.close()
else port.on('message', (first: WriterRequest) => port.postMessage(serve(writer, first)))

function serve(file: SqliteFileWriter, first: WriterRequest): ThreadResponse[] {
  const responses: ThreadResponse[] = []
  for (let request: WriterRequest | undefined = first; request; ) {
    if (request.kind !== 'commit') {
      responses.push(perform(file, request))
      request = nextWaiting()
      continue
    }
    const commits: Commit[] = []
    for (; request?.kind === 'commit'; request = nextWaiting()) commits.push(request)
    responses.push(...commitAll(file, commits))
  }
  return responses
}

function nextWaiting(): WriterRequest | undefined {
  return receiveMessageOnPort(port)?.message
}

function commitAll(file: SqliteFileWriter, commits: readonly Commit[]): ThreadResponse[] {
  try {
    return file.commit(commits)
  } catch (error) {
    return commits.map(() => failed(error))
  }
}

function perform(file: SqliteFileWriter, request: Exclude<WriterRequest, Commit>): ThreadResponse {
  try {
    switch (request.kind) {
      case 'saveHeartbeats':
        file.saveHeartbeats(request)
        return { ok: true }
      case 'saveMaintenance':
        file.saveMaintenance(request.change)
        return { ok: true }
      case 'saveToken':
        file.saveToken(request.token)
        return { ok: true }
      case 'deleteToken':
        file.deleteToken(request.id)
        return { ok: true }
      case 'writeWebhooks':
        file.writeWebhooks(request.write)
        return { ok: true }
      case 'eventsSince':
      case 'historyOf':
        return { ok: true, value: { slice: file.readHistory(request) } }
      case 'cardOf':
        return { ok: true, value: { card: file.readCard(request.agentId) } }
      case 'trimHistory':
        return { ok: true, value: { more: file.trimHistory(request) } }
      case 'claim':
        file.claim(request.branches)
        return { ok: true }
      case 'checkFiles':
        return { ok: true, value: { files: file.checkFiles() } }
      case 'close':
        file.close()
        // Once this response is sent; an open port would keep the thread alive.
        setImmediate(() => port.close())
        return { ok: true }
    }
  } catch (error) {
    return failed(error)
  }
}
