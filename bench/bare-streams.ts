// The baseline of the change feed: Node's own HTTP server writes the same bytes to every connected
// reader, one write per event and reader.
import { createServer, type ServerResponse } from 'node:http'

const [port, eventsPerSecond, bytes] = process.argv.slice(2).map(Number)
const readers = new Set<ServerResponse>()

createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.write(':\n\n')
  readers.add(response)
  response.once('close', () => readers.delete(response))
}).listen(port, '127.0.0.1')

if (eventsPerSecond) {
  const padding = 'x'.repeat(bytes ?? 0)
  const began = performance.now()
  let sent = 0
  setInterval(() => {
    const due = ((performance.now() - began) / 1000) * eventsPerSecond
    for (; sent < due; sent++) {
      const event = Buffer.from(
        `data: {"at":"${new Date().toISOString()}","padding":"${padding}"}\n\n`,
      )
      for (const reader of readers) reader.write(event)
    }
  }, 5)
}
