import { setTimeout as sleep } from 'node:timers/promises'
import { queryOnce } from '../../postgres/support/postgres-client.ts'
import { pause } from '../aborted.ts'
import type { Attack } from '../attack.ts'
import { expandingMetadata } from '../expanding-metadata.ts'
import { AttackConnection } from '../raw-client.ts'
import { registrationBytes } from '../registration-bytes.ts'

const BURST_MS = 4000
const INDEXED_WITHIN_MS = 30_000
const BEHIND = `SELECT r.revision - i.revision AS behind
  FROM rollcall.registry r, rollcall.indexing i`

/**
 * Agents with metadata of maximum length register within four seconds, on two nodes. With 400 of
 * them the nodes grew to 2.7 GiB, and the text index never caught up.
 */
export const richBurst: Attack = {
  name: 'rich-burst',
  title: 'agents with long metadata register on two nodes within four seconds',
  stores: ['postgres'],
  registry: { nodes: 2 },
  async attack({ urls, size }, signal) {
    const connections = urls.map((url) => new AttackConnection(url, signal).read())
    for (let i = 0; i < size.richRegistrations && !signal.aborted; i++) {
      const bytes = registrationBytes(`rich-${i}`, { metadata: expandingMetadata(i) })
      connections[i % connections.length]?.socket.write(bytes)
      await pause(BURST_MS / size.richRegistrations, signal)
    }
    await pause(1000, signal)
    for (const connection of connections) connection.close()
    return undefined
  },
  async inspect({ databaseUrl = '' }) {
    const began = performance.now()
    for (;;) {
      const [row] = await queryOnce<{ behind: string }>(databaseUrl, BEHIND)
      const behind = Number(row?.behind)
      const isLate = performance.now() - began > INDEXED_WITHIN_MS
      if (behind === 0 || isLate) {
        return [{ what: 'changes that the text index is behind', value: behind, isGood: !isLate }]
      }
      await sleep(200)
    }
  },
}
