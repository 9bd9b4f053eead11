// Writes to an audit log until its file may not grow, and renames the file then. Run with a limit on the size of files.
import { EventEmitter, once } from 'node:events'
import { rename } from 'node:fs/promises'
import { AuditFile } from '../../../src/audit/audit-file.ts'

const [path = ''] = process.argv.slice(2)
const events = new EventEmitter()
const file = new AuditFile(
  path,
  {
    failed: (error) => void events.emit('failed', error),
    succeeded: () => void events.emit('succeeded'),
  },
  { retryMs: 20 },
)
// The file does not keep a process alive.
const alive = setInterval(() => undefined, 1000)
await file.open()
const failed = once(events, 'failed')
for (let at = 0; at < 30; at++) {
  file.write({ what: 'x'.repeat(1000), request_id: `${at}`, outcome: 'ok' })
}
await failed
const succeeded = once(events, 'succeeded')
await rename(path, `${path}.1`)
await succeeded
await file.close()
clearInterval(alive)
process.stdout.write(`${file.dropped}`)
