import type { Attack } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { keepAsking, requestBytes } from '../raw-client.ts'

const SORTS = ['load', '-last_heartbeat', 'registered_at']

/**
 * Clients that ask for an order that no index has. Over PostgreSQL, 30 of them took all connections for
 * reads, on which batches of heartbeats ended as well: those were answered with 503.
 */
export const sortedReads: Attack = {
  name: 'sorted-reads',
  title: 'clients that sort a large fleet, again and again',
  stores: ['sqlite', 'postgres'],
  prepare: (context) => registerCrowd(context, context.size.crowd),
  async attack({ url, size }, signal) {
    const clients = Array.from({ length: size.clients }, (_, index) => {
      const path = `/agents?sort=${SORTS[index % SORTS.length]}&limit=1000`
      return keepAsking(url, requestBytes('GET', path), signal)
    })
    const answers = await Promise.all(clients)
    return [{ what: 'lists', value: answers.reduce((sum, count) => sum + count) }]
  },
}
