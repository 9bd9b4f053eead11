import { aborted } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { openConnections, requestBytes } from '../raw-client.ts'

/**
 * Clients that request the list of a large fleet and never read it. 40 of them took 434 MB, for as
 * long as they stayed connected.
 */
export const unreadAnswers: Attack = {
  name: 'unread-answers',
  title: 'lists of a large fleet that are never read',
  stores: ['sqlite', 'postgres'],
  prepare: (context) => registerCrowd(context, context.size.crowd),
  async attack({ url, size }, signal) {
    const connections = await openConnections(url, size.unreadLists, signal)
    for (const { socket } of connections) socket.write(requestBytes('GET', '/agents'))
    await aborted(signal)
    return undefined
  },
}
