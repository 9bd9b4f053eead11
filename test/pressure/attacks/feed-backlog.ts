import { aborted } from '../aborted.ts'
import type { Attack, AttackContext } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { AttackConnection, openConnections, openStreams, requestBytes } from '../raw-client.ts'

const PREFIX = 'changing-'
const CHANGING = 5000

/**
 * Many streams, and more changes at once than can be sent immediately. 300 readers of 50 000
 * changes received the last one after 36 s.
 */
export const feedBacklog: Attack = {
  name: 'feed-backlog',
  title: 'many streams, and more changes than can be sent to them at once',
  stores: ['sqlite', 'postgres'],
  prepare: (context) => registerCrowd(context, CHANGING, PREFIX),
  async attack(context, signal) {
    const { url, size } = context
    const streams = await openStreams(url, { count: size.readers, path: () => '/events', signal })
    const last = Promise.race([
      arrivalOf(await changeAll(context, signal), streams),
      aborted(signal),
    ])
    const began = performance.now()
    await last
    const seconds = (performance.now() - began) / 1000
    for (const stream of streams) stream.close()
    const value = signal.aborted ? 'not during the attack' : seconds
    return [{ what: 'the last change was sent after', value, unit: 's' }]
  },
  seconds: ({ attackSeconds }) => attackSeconds * 2,
}

/** Streams whose clients read nothing. 1000 of them with 50 000 changes took 1.3 GB. */
export const unreadStreams: Attack = {
  name: 'unread-streams',
  title: 'many streams that are never read, and many changes',
  stores: ['sqlite', 'postgres'],
  prepare: (context) => registerCrowd(context, CHANGING, PREFIX),
  async attack(context, signal) {
    const streams = await openConnections(context.url, context.size.idleReaders, signal)
    const bytes = requestBytes('GET', '/events', { headers: ['accept: text/event-stream'] })
    for (const { socket } of streams) socket.write(bytes)
    await changeAll(context, signal)
    await aborted(signal)
    return undefined
  },
  seconds: ({ attackSeconds }) => attackSeconds * 2,
}

/** Changes the status of all agents several times. Resolves with the last revision. */
async function changeAll({ url, size }: AttackContext, signal: AbortSignal): Promise<number> {
  const turns = Math.ceil(size.readChanges / CHANGING)
  const connection = new AttackConnection(url, signal).read()
  for (let turn = 0; turn < turns && !signal.aborted; turn++) {
    const status = turn % 2 === 0 ? 'busy' : 'ready'
    const heartbeats = Array.from({ length: CHANGING }, (_, index) => ({
      agent_id: `${PREFIX}${index}`,
      status,
    }))
    const body = JSON.stringify({ heartbeats })
    await connection.request(requestBytes('POST', '/agents/heartbeats', { body }))
  }
  connection.close()
  if (signal.aborted) return 0
  const health = await fetch(`${url}/health`, { signal })
  const { revision } = (await health.json()) as { revision: number }
  return revision
}

/** Resolves once the first stream has received the change with a revision, or a later one. */
function arrivalOf(revision: number, [first]: readonly AttackConnection[]): Promise<void> {
  return new Promise((resolve) => {
    first?.socket.on('data', (bytes: Buffer) => {
      const ids = bytes.toString('latin1').matchAll(/^id: \S*?(\d+)$/gm)
      for (const [, id] of ids) if (Number(id) >= revision) resolve()
    })
  })
}
