import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createStorageBackend } from '@rollcall/server'
import Database from 'better-sqlite3'
import { newFolder } from '../processes.ts'
import { median, type Row } from '../report.ts'

const PLAIN = 'without the index'
const INDEXED = 'with an index on last_heartbeat'

export const heartbeatIndex: Row = {
  name: 'index',
  title: 'Writing the heartbeats of 100 000 agents, with and without an index on last_heartbeat',
  async run({ rounds, agents }) {
    const fleet = agents * 10
    const samples: Record<string, number[]> = { [PLAIN]: [], [INDEXED]: [] }
    for (let round = 0; round < rounds; round++) {
      const order = [PLAIN, INDEXED]
      for (const name of round % 2 === 0 ? order : order.toReversed()) {
        samples[name]?.push(await saveRate(fleet, name === INDEXED))
      }
    }
    const share = median(samples[INDEXED] ?? []) / median(samples[PLAIN] ?? [])
    return {
      unit: 'heartbeats/s',
      samples,
      verdicts: [],
      notes: [
        `with the index, ${Math.round(share * 100)} % of the rate; no query of the registry uses it`,
      ],
    }
  },
}

/** Returns the rate at which the registry writes heartbeats of the whole fleet, each agent once. */
async function saveRate(fleet: number, indexed: boolean): Promise<number> {
  const folder = newFolder()
  const file = join(folder, 'fleet.db')
  await using repository = await createStorageBackend(`sqlite:///${file}`, {
    heartbeatFlushIntervalMs: 3_600_000,
  })
  const ids = Array.from({ length: fleet }, (_, i) => `agent-${i}`)
  for (let at = 0; at < fleet; at += 1000) {
    await Promise.all(
      ids.slice(at, at + 1000).map((agentId) =>
        repository.add({
          agentId,
          agentName: agentId,
          host: '10.0.0.7',
          port: 8000,
          ttlSeconds: 3600,
        }),
      ),
    )
  }
  if (indexed) {
    const db = new Database(file)
    db.exec('CREATE INDEX by_time ON agents (last_heartbeat)')
    db.close()
  }
  await repository.updateHeartbeats(ids.map((agentId) => ({ agentId })))
  const began = performance.now()
  // close() writes all pending heartbeats, and nothing else is pending.
  await repository.close()
  const rate = fleet / ((performance.now() - began) / 1000)
  rmSync(folder, { recursive: true })
  return rate
}
