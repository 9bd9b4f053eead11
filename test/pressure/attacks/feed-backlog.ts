import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { openConnections, openStreams, requestBytes, sendAll } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const LAST = 'the-last-change'

/**
 * Many streams, and more changes than they can be sent while these happen. 300 readers of 50 000 changes
 * were sent the last one after 36 s.
 */
export const feedBacklog: Attack = {
  name: 'feed-backlog',
  title: 'many streams that are read, and more changes than they can be sent at once',
  stores: ['sqlite', 'postgres'],
  async attack({ url, size }, signal) {
    const streams = await openStreams(url, { count: size.readers, path: () => '/events', signal })
    const [first] = streams
    const seen = new Promise<void>((resolve) => {
      first?.socket.on('data', (bytes: Buffer) => {
        if (bytes.includes(LAST)) resolve()
      })
    })
    const began = performance.now()
    await change(url, size.readChanges, signal)
    await sendAll(url, 1, () => registrationBytes(LAST), signal)
    const doneMs = performance.now() - began
    await Promise.race([seen, aborted(signal)])
    const lateMs = performance.now() - began - doneMs
    for (const stream of streams) stream.close()
    return [{ what: 'the last change was sent after', value: lateMs / 1000, unit: 's' }]
  },
  seconds: ({ attackSeconds }) => attackSeconds * 2,
}

/** Streams whose clients read nothing. 1000 of them with 50 000 changes took 1.3 GB. */
export const unreadStreams: Attack = {
  name: 'unread-streams',
  title: 'many streams of which nothing is read, and many changes',
  stores: ['sqlite', 'postgres'],
  async attack({ url, size }, signal) {
    const streams = await openConnections(url, size.idleReaders, signal)
    const bytes = requestBytes('GET', '/events', { headers: ['accept: text/event-stream'] })
    for (const { socket } of streams) socket.write(bytes)
    await change(url, size.readChanges, signal)
    await aborted(signal)
    return undefined
  },
  seconds: ({ attackSeconds }) => attackSeconds * 2,
}

function change(url: string, count: number, signal: AbortSignal): Promise<number> {
  return sendAll(url, count, (index) => registrationBytes(`changing-${index}`), signal)
}
