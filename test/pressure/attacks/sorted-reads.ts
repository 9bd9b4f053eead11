import type { Attack } from '../attack.ts'
import { registerCrowd } from '../crowd.ts'
import { repeatRequest, requestBytes } from '../raw-client.ts'

const SORTS = ['load', '-last_heartbeat', 'registered_at']

/**
 * Clients that request an order without an index. On PostgreSQL, 30 of them held all connections
 * for reads, which batches of heartbeats also used: those got 503.
 */
export const sortedReads: Attack = {
  name: 'sorted-reads',
  title: 'clients that repeatedly sort a large fleet',
  stores: ['sqlite', 'postgres'],
  prepare: (context) => registerCrowd(context, context.size.crowd),
  async attack({ url, size }, signal) {
    const clients = Array.from({ length: size.clients }, (_, index) => {
      const path = `/agents?sort=${SORTS[index % SORTS.length]}&limit=1000`
      return repeatRequest(url, requestBytes('GET', path), signal)
    })
    const counts = await Promise.all(clients)
    return [{ what: 'lists', value: counts.reduce((sum, count) => sum + count) }]
  },
}
